# -*- encoding: utf-8 -*-
# stub: demo 2.1.0 ruby lib

Gem::Specification.new do |s|
  s.name = "demo".freeze
  s.version = "2.1.0".freeze

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.metadata = { "version" => "9" } if s.respond_to? :metadata=
  s.require_paths = ["lib".freeze]
  s.authors = ["Acme \u00DCber Team".freeze, "Others".freeze]
  s.description = "Says s.name = \"other\"".freeze
  s.homepage = "https://example.org/demo".freeze
  s.licenses = ["Ruby".freeze, "BSD-2-Clause".freeze]
  s.rubygems_version = "3.5.22".freeze

  s.installed_by_version = "3.5.22".freeze

  s.specification_version = 4

  s.add_runtime_dependency(%q<tree>.freeze, ["~> 1.0".freeze])
  s.add_runtime_dependency(%q<native>.freeze, [">= 0".freeze])
  s.add_development_dependency(%q<test-tool>.freeze, [">= 0".freeze])
end
