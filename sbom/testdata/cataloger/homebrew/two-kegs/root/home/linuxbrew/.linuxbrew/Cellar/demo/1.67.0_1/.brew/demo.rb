class Demo < Formula
  desc "Demonstration"
  homepage "https://example.org/"
  url "https://example.org/demo-1.67.0.tar.gz"
  license any_of: [
    "MIT",
    "Apache-2.0",
  ]

  depends_on "go" => :build
  depends_on "libdemo@3"
end
