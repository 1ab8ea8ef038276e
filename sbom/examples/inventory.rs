//! temporary
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "temporary")]
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let start = std::time::Instant::now();
    let image = sbom::image::open(path.as_ref(), None, &Default::default());
    let image = match image { Ok(i) => i, Err(e) => { println!("error: {e}: {:?}", std::error::Error::source(&e).map(|s| s.to_string())); return; } };
    println!("{:?} opened {:?}\n{:#?}", image.kind(), start.elapsed(), image.subject());
    let result = sbom::inventory::inventory(&image, &Default::default(), &sbom::inventory::NoProgress);
    match result {
        Ok(i) => {
            println!("packages {} gaps {} distro {:?} in {:?}", i.packages.len(), i.gaps.len(), i.distro.map(|d| d.id), start.elapsed());
            for g in i.gaps.iter().take(20) { println!("{g}"); }
            if std::env::args().nth(2).is_some() { for p in &i.packages { println!("{} {:?} {:?}", p.purl, p.locations, p.owner); } }
        }
        Err(e) => println!("error: {e}: {:?}", std::error::Error::source(&e).map(|s| s.to_string())),
    }
}
