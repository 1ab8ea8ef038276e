%% Built by the build tool.
{application,demo,
 [{description,"A demo \"service\""},
  {vsn,"1.2.3"},
  {modules,['Elixir.Demo',demo_sup]},
  {registered,[]},
  {applications,[kernel,stdlib,acme_json]},
  {optional_applications,[acme_json]},
  {mod,{demo_app,[]}},
  {env,[{port,8080}]},
  {licenses,["MIT","Apache-2.0"]},
  {maintainers,["Acme"]},
  {links,[]}]}.
