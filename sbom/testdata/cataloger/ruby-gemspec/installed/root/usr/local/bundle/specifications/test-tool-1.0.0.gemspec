# stub: test-tool 1.0.0 ruby lib

Gem::Specification.new do |s|
  s.name = NAME
  s.version = VERSION
end
