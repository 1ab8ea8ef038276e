{application, stdlib,
 [{vsn, "5.2"},
  {applications, [kernel]},
  {runtime_dependencies, ["sasl-3.0","kernel-9.0"]}]}.
