Gem::Specification.new do |s|
  s.name = "no-version"
end
