# -*- encoding: utf-8 -*-
# stub: native 1.0.0 x86_64-linux-musl lib

Gem::Specification.new do |s|
  s.name = "native".freeze
  s.version = "1.0.0"
  s.platform = "x86_64-linux-musl".freeze
  s.license = "MIT"
end
