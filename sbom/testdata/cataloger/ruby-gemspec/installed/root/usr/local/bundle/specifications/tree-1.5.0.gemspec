Gem::Specification.new do |spec|
  spec.name = %q{tree}
  spec.version = "1.5.0"
  spec.author = 'Acme'

  if s.respond_to? :add_runtime_dependency then
    spec.add_runtime_dependency(%q<bundled>, [">= 0"])
    spec.add_development_dependency(%q<test-tool>, [">= 0"])
  else
    spec.add_dependency(%q<bundled>, [">= 0"])
    spec.add_dependency(%q<test-tool>, [">= 0"])
  end
end
