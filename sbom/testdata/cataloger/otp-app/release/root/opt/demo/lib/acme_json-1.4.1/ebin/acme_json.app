{application,acme_json,[{vsn,"1.4.1"},{applications,[kernel,stdlib]}]}.
