# stub: bundled 0.2.1 ruby lib

Gem::Specification.new do |s|
  s.name = "bundled".freeze
  s.version = "0.2.1"
  s.licenses = ["Ruby".freeze]
end
