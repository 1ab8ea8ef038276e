class Demo < Formula
  license "MIT"
end
