//! Where a package comes from, and therefore how its versions are ordered.

use std::fmt;

macro_rules! ecosystems {
    ($($variant:ident = $name:literal, $purl:literal, $doc:literal;)*) => {
        /// A packaging ecosystem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Ecosystem {
            $(#[doc = $doc] $variant,)*
            /// None that plimsoll knows; the package keeps its purl as text.
            Unknown,
        }

        impl Ecosystem {
            /// Every known ecosystem, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The ecosystem's name: also the namespace of a language ecosystem.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* Self::Unknown => "unknown" }
            }

            /// The package URL type, where there is one.
            pub fn purl_type(self) -> Option<&'static str> {
                match self { $(Self::$variant => Some($purl),)* Self::Unknown => None }
            }

            /// The ecosystem called `name`, or [`Ecosystem::Unknown`].
            pub fn from_name(name: &str) -> Self {
                match name { $($name => Self::$variant,)* _ => Self::Unknown }
            }

            /// The ecosystem of a package URL type, or [`Ecosystem::Unknown`].
            pub fn from_purl_type(purl_type: &str) -> Self {
                match purl_type { $($purl => Self::$variant,)* _ => Self::Unknown }
            }
        }
    };
}

ecosystems! {
    Apk = "apk", "apk", "Alpine, Wolfi and kin.";
    Deb = "deb", "deb", "Debian, Ubuntu and kin.";
    Rpm = "rpm", "rpm", "Red Hat, SUSE and kin.";
    Alpm = "alpm", "alpm", "Arch Linux.";
    Opkg = "opkg", "opkg", "OpenWrt and other small systems.";
    Portage = "portage", "ebuild", "Gentoo.";
    Nix = "nix", "nix", "The Nix store.";
    PyPi = "pypi", "pypi", "Python packages.";
    Npm = "npm", "npm", "JavaScript packages.";
    Maven = "maven", "maven", "Java packages.";
    Cargo = "cargo", "cargo", "Rust crates.";
    Gem = "gem", "gem", "Ruby gems.";
    Golang = "golang", "golang", "Go modules.";
    NuGet = "nuget", "nuget", ".NET packages.";
    Composer = "composer", "composer", "PHP packages.";
    Hex = "hex", "hex", "Erlang and Elixir packages.";
    Pub = "pub", "pub", "Dart packages.";
    Swift = "swift", "swift", "Swift packages.";
    Conda = "conda", "conda", "Conda packages.";
    Cran = "cran", "cran", "R packages.";
    Cpan = "cpan", "cpan", "Perl distributions.";
    Hackage = "hackage", "hackage", "Haskell packages.";
    Conan = "conan", "conan", "C and C++ packages.";
    Julia = "julia", "julia", "Julia packages.";
    Bitnami = "bitnami", "bitnami", "Bitnami components.";
    GithubActions = "github-actions", "github", "GitHub Actions in use.";
    Homebrew = "homebrew", "brew", "Homebrew.";
    Snap = "snap", "snap", "Snaps.";
    Bioconductor = "bioconductor", "bioconductor", "R packages of Bioconductor.";
    CocoaPods = "cocoapods", "cocoapods", "CocoaPods.";
    LuaRocks = "luarocks", "luarocks", "Lua packages.";
    Opam = "opam", "opam", "OCaml packages.";
    Otp = "otp", "otp", "Applications of Erlang's OTP.";
    Pear = "pear", "pear", "PHP packages of PEAR and PECL.";
    Terraform = "terraform", "terraform", "Terraform providers.";
    Vcpkg = "vcpkg", "vcpkg", "C and C++ packages of vcpkg.";
    WordPress = "wordpress", "wordpress-plugin", "WordPress plugins.";
    Generic = "generic", "generic", "Software without a package manager.";
}

impl Ecosystem {
    /// Whether packages of this ecosystem belong to an operating system's release.
    pub fn is_os(self) -> bool {
        matches!(self, Self::Apk | Self::Deb | Self::Rpm | Self::Alpm | Self::Opkg | Self::Portage)
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
