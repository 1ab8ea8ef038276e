# stub: bundled 0.3.0 ruby lib

Gem::Specification.new do |s|
  s.name = "bundled".freeze
  s.version = "0.3.0"
end
