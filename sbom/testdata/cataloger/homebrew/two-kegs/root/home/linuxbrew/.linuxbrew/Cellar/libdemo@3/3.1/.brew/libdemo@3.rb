class LibdemoAT3 < Formula
  license "Zlib"
  depends_on "zlib" if OS.linux?
end
