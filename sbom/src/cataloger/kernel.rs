//! Linux kernels: the version that an image of one states, in its header (x86) or in the banner inside.

use std::io::{self, BufRead, Read};

use memchr::memmem;
use model::ecosystem::Ecosystem;
use model::package::{Certainty, Package, PackageKind};
use model::purl::Purl;

use super::{Cataloger, Fact, FactTree, Facts, File, Finds, Found, Wants};
use crate::image::{Checksums, Inflated};

pub(super) static CATALOGER: Cataloger = Cataloger {
    name: "kernel",
    version: 1,
    finds: Finds::Installed,
    wants: Wants::Paths(&[
        "**/vmlinuz*",
        "**/vmlinux*",
        "**/bzImage*",
        "**/zImage*",
        "boot/Image*",
        "boot/kernel*",
        "**/kernel.img",
    ]),
    read,
    assemble,
};

/// Bytes at the start that hold the header and, of x86, the version.
const HEAD_BYTES: u64 = 128 << 10;
/// Bytes of an uncompressed kernel that are searched; large ones have some sixty megabytes.
const KERNEL_BYTES_MAX: u64 = 256 << 20;
/// Bytes of the text that begins with the version; the version itself has at most 64, and who built it when and with
/// what follows.
const TEXT_BYTES_MAX: usize = 512;
/// What stands before the version in the banner.
const BANNER: &[u8] = b"Linux version ";

/// What is known of a kernel.
#[derive(Debug, PartialEq, Eq)]
struct Kernel {
    version: String,
    /// The upstream release, where the version has only the name of an interface: Debian's kernels of years are all
    /// `6.1.0-…`.
    release: Option<String>,
    architecture: Option<&'static str>,
}

fn read(file: &mut File<'_>, facts: &mut Facts) {
    match kernel(file) {
        Ok(Some(kernel)) => facts.package(kernel.package()),
        // Something else that has such a name.
        Ok(None) => {}
        Err(error) => facts.push(Fact::Gap(file.unreadable(&error))),
    }
}

fn kernel(file: &File<'_>) -> io::Result<Option<Kernel>> {
    let mut head = Vec::new();
    file.reader()?.take(HEAD_BYTES).read_to_end(&mut head)?;
    let is = |at: usize, magic: &[u8]| head.get(at..at + magic.len()) == Some(magic);
    if is(0x202, b"HdrS") {
        return x86(&head).map(Some);
    }
    // The uncompressed images of ARM64 and RISC-V (booting.rst, boot-image-header.rst), and any kernel that is an ELF file.
    let architecture = match () {
        () if is(0x38, b"ARMd") => Some("aarch64"),
        () if is(0x38, b"RSC\x05") => Some("riscv64"),
        () => None,
    };
    if architecture.is_some() || is(0, b"\x7fELF") {
        return Ok(banner(file.reader()?)?.map(|text| Kernel::of(&text, architecture)));
    }
    if is(0, b"MZ") && is(4, b"zimg") {
        return zboot(file, &head);
    }
    // The image of ARM with 32 bits unpacks itself, and says nowhere how it is packed.
    if is(0x24, &0x016f_2818_u32.to_le_bytes()) {
        return z_image(file).map(Some);
    }
    if is(0, &[0x1f, 0x8b]) {
        let inflated = Inflated::new(file.reader()?, Checksums::Verify, file.limits)?;
        return Ok(banner(inflated)?.map(|text| Kernel::of(&text, None)));
    }
    Ok(None)
}

/// The header of the x86 boot protocol points to the version (Documentation/arch/x86/boot.rst, `kernel_version`).
fn x86(head: &[u8]) -> io::Result<Kernel> {
    let half = |at: usize| match head.get(at..at + 2) {
        Some(&[low, high]) => u16::from_le_bytes([low, high]),
        _ => 0,
    };
    let at = usize::from(half(0x20e));
    let text = head.get(0x200 + at..).filter(|_| at > 0).and_then(versioned);
    let text = text.ok_or_else(|| io::Error::other("its boot header leads to no version"))?;
    // From protocol 2.12 on a flag says whether it has an entry point for 64 bits.
    let architecture = match (half(0x206), half(0x236)) {
        (0x20c.., flags) if flags & 1 == 1 => Some("x86_64"),
        (0x20c.., _) => Some("i386"),
        _ => None,
    };
    Ok(Kernel::of(&text, architecture))
}

/// An EFI program that carries a compressed kernel, whose place, size and compression its first bytes state.
fn zboot(file: &File<'_>, head: &[u8]) -> io::Result<Option<Kernel>> {
    let word = |at: usize| match head.get(at..at + 4) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => 0,
    };
    let compression = head.get(0x18..0x38).unwrap_or_default();
    let end = compression.iter().position(|byte| *byte == 0).unwrap_or(compression.len());
    let compression = String::from_utf8_lossy(&compression[..end]);
    if !matches!(&*compression, "gzip" | "zstd" | "xzkern") {
        let why = format!("the kernel in it is compressed with `{}`", compression.escape_debug());
        return Err(io::Error::other(why));
    }
    let mut reader = file.reader()?;
    io::copy(&mut reader.by_ref().take(word(8).into()), &mut io::sink())?;
    let payload = Inflated::new(reader.take(word(12).into()), Checksums::Verify, file.limits)?;
    match banner(payload)? {
        Some(text) => Ok(Some(Kernel::of(&text, None))),
        None => Err(io::Error::other("the kernel in it states no version")),
    }
}

/// An ARM image whose kernel is packed with gzip, as it is unless configured otherwise.
fn z_image(file: &File<'_>) -> io::Result<Kernel> {
    /// Magic, the method, and no name or other fields.
    const GZIP: &[u8] = &[0x1f, 0x8b, 8, 0];
    /// Places where a gzip stream seems to begin.
    const TRIED_MAX: usize = 8;
    let bytes = file.bytes()?;
    let text = memmem::find_iter(&bytes, GZIP)
        .take(TRIED_MAX)
        .find_map(|at| banner(Inflated::new(bytes.get(at..)?, Checksums::Verify, file.limits).ok()?).ok()?);
    let text =
        text.ok_or_else(|| io::Error::other("the kernel in it is packed in a way that is not read"))?;
    Ok(Kernel::of(&text, Some("arm")))
}

/// What the banner of an uncompressed kernel says, from the version on.
fn banner(reader: impl BufRead) -> io::Result<Option<String>> {
    let mut reader = reader.take(KERNEL_BYTES_MAX);
    let mut window: Vec<u8> = Vec::new();
    let finder = memmem::Finder::new(BANNER);
    loop {
        let piece = reader.fill_buf()?;
        let (n_bytes, is_end) = (piece.len(), piece.is_empty());
        window.extend_from_slice(piece);
        reader.consume(n_bytes);
        // In the source of the kernel the text also stands as a format, with `%s` behind it.
        let complete = if is_end { window.len() } else { window.len().saturating_sub(TEXT_BYTES_MAX) };
        let found = finder
            .find_iter(&window)
            .find_map(|at| versioned(window.get(at + BANNER.len()..)?).filter(|_| at < complete));
        if found.is_some() || is_end {
            return Ok(found);
        }
        let keep = window.len().min(BANNER.len() + TEXT_BYTES_MAX);
        window.drain(..window.len() - keep);
    }
}

/// The text that `bytes` begin with, when it starts with a version: `6.1.0-18-amd64 (…) #1 SMP …`. A zero or the end of the
/// line ends it.
fn versioned(bytes: &[u8]) -> Option<String> {
    let bytes = &bytes[..bytes.len().min(TEXT_BYTES_MAX)];
    let end = bytes.iter().position(|byte| matches!(byte, 0 | b'\n')).unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let version = text.split(' ').next().unwrap_or_default();
    let is_version = version.starts_with(|first: char| first.is_ascii_digit())
        && version.contains('.')
        && version.chars().all(|character| character.is_ascii_graphic());
    is_version.then_some(text)
}

impl Kernel {
    /// The kernel that describes itself as `text`.
    fn of(text: &str, architecture: Option<&'static str>) -> Self {
        let version = text.split(' ').next().unwrap_or_default();
        // `#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)`; before the `#` the compiler may have such a version.
        let built = text.split_once(" #").map_or("", |(_, built)| built);
        let release = built.split_once(" Debian ").map(|(_, package)| numbers(package).0);
        let series = |version: &str| version.splitn(3, '.').take(2).map(str::to_owned).collect::<Vec<_>>();
        let release = release.filter(|release| series(release) == series(version));
        Self { version: version.to_owned(), release: release.map(str::to_owned), architecture }
    }

    fn package(self) -> Package {
        const NAME: &str = "linux-kernel";
        let purl = Purl::new("generic", NAME)
            .with_version(&self.version)
            .with_qualifier("arch", self.architecture.unwrap_or_default());
        let mut package = Package::new(Ecosystem::Generic, NAME, &self.version, purl.to_string());
        package.kind = PackageKind::Application;
        package.certainty = Certainty::Inferred;
        package.architecture = self.architecture.map(str::to_owned);
        package.cpes = vec![cpe(self.release.as_deref().unwrap_or(&self.version))].into();
        package.licenses = vec!["GPL-2.0-only WITH Linux-syscall-note".to_owned()].into();
        package
    }
}

/// The upstream release of a version: what follows the numbers is a local build (feeds.md C14), unless it is a candidate.
fn cpe(version: &str) -> String {
    let (release, local) = numbers(version);
    let candidate = local.strip_prefix("-rc").map(|rest| {
        let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        format!("rc{}", &rest[..end])
    });
    format!("cpe:2.3:o:linux:linux_kernel:{release}:{}:*:*:*:*:*:*", candidate.as_deref().unwrap_or("*"))
}

/// The numbers that a version begins with, and the rest.
fn numbers(version: &str) -> (&str, &str) {
    let end = version.find(|character: char| !character.is_ascii_digit() && character != '.');
    let (numbers, rest) = version.split_at(end.unwrap_or(version.len()));
    (numbers.trim_end_matches('.'), rest)
}

fn assemble(tree: &FactTree<'_>, found: &mut Found) {
    found.packages_of(tree, CATALOGER.name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpe_names_the_upstream_release() {
        for (version, expected) in [
            ("6.1.0-18-amd64", "6.1.0:*"),
            ("6.12.3", "6.12.3:*"),
            ("6.6-rc7", "6.6:rc7"),
            ("5.15.0-rc2-custom", "5.15.0:rc2"),
            ("6.1.112-122.189.amzn2023.x86_64", "6.1.112:*"),
            ("5.10.+", "5.10:*"),
        ] {
            assert_eq!(cpe(version), format!("cpe:2.3:o:linux:linux_kernel:{expected}:*:*:*:*:*:*"));
        }
    }

    #[test]
    fn the_package_of_a_debian_kernel_says_its_release() {
        for (text, expected) in [
            (
                "6.1.0-18-amd64 (x) (gcc (Debian 12.2.0-14) 12.2.0) #1 SMP Debian 6.1.76-1 (2024-02-01)",
                Some("6.1.76"),
            ),
            ("6.1.0-18-amd64 (x) (gcc (Debian 12.2.0-14) 12.2.0) #1 SMP", None),
            ("6.1.0-18-amd64 (x) #1 SMP Debian 5.10.1-1", None),
        ] {
            assert_eq!(Kernel::of(text, None).release.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_banner_is_found_wherever_pieces_end() {
        let mut bytes = vec![0; 100];
        bytes.extend(b"Linux version %s (x)\0Linux version 6.12.3-demo (build@example.org) #1");
        for capacity in 1..40 {
            let reader = io::BufReader::with_capacity(capacity, &bytes[..]);
            let text = banner(reader).unwrap().unwrap();
            assert_eq!(text, "6.12.3-demo (build@example.org) #1", "{capacity}");
        }
        assert_eq!(banner(&b"Linux version %s"[..]).unwrap(), None);
    }
}
