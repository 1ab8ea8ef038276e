//! What many packages have in common, kept once in memory.

use std::collections::HashSet;
use std::sync::Arc;

use model::package::Package;

/// The most texts that are kept to be shared. Images have fewer layers; whoever writes more gains nothing.
const SHARED_MAX: usize = 1 << 12;

/// The digests of layers that packages of one document are in.
#[derive(Default)]
pub(in crate::format) struct Shared(HashSet<Arc<str>>);

impl Shared {
    /// Lets `package` refer to the layers of those before it.
    pub(in crate::format) fn share_layers(&mut self, package: &mut Package) {
        let said = package.locations.iter_mut().filter_map(|location| location.provenance.said_mut());
        for layer in said.filter_map(|provenance| provenance.layer.as_mut()) {
            match self.0.get(layer) {
                Some(known) => *layer = Arc::clone(known),
                None if self.0.len() < SHARED_MAX => _ = self.0.insert(Arc::clone(layer)),
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::ecosystem::Ecosystem;
    use model::package::Location;

    use super::*;

    #[test]
    fn packages_of_a_layer_share_its_digest() {
        let mut shared = Shared::default();
        let packages = ["a", "b", "a"].map(|layer| {
            let mut package = Package::new(Ecosystem::Unknown, "demo", "1", String::new());
            package.locations = vec![Location::new("x").in_layer(Some(layer.into())), Location::new("y")];
            shared.share_layers(&mut package);
            package
        });
        let layer = |index: usize| packages[index].locations[0].layer.as_ref().unwrap();
        assert!(Arc::ptr_eq(layer(0), layer(2)));
        assert_eq!((&**layer(0), &**layer(1)), ("a", "b"));
    }
}
