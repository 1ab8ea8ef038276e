Gem::Specification.new do |s|
  s.name = "aÿ"
  s.version = "1"
end
