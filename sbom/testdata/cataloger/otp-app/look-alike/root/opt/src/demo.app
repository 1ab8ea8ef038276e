{application,demo,[{vsn,"1.0.0"}]}.
