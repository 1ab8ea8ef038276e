//! Judging on several threads. What comes out does not depend on how many.

use std::cmp::Ordering;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{self, AtomicUsize};
use std::thread;

/// What is judged in one go. What is made of it lies together until all is known: one list of everything would be copied
/// over and over while it grows.
const BLOCK: usize = 512;

/// For less a thread takes longer to start than it saves.
const PER_THREAD_MIN: usize = 4 * BLOCK;

/// What workers make of `items`, block by block, in the order of the items. Each thread makes a worker.
pub(super) fn flat_map<'a, I: Sync, T: Send, W: FnMut(&'a [I]) -> Vec<T>>(
    items: &'a [I],
    n_threads: NonZero<usize>,
    worker: impl Fn() -> W + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    // Whoever is free takes the next block: some packages have thousands of rows.
    let work = || {
        let mut worker = worker();
        let numbers = std::iter::repeat_with(|| next.fetch_add(1, atomic::Ordering::Relaxed));
        let taken = numbers.map_while(|number| Some((number, items.chunks(BLOCK).nth(number)?)));
        taken.map(|(number, block)| (number, worker(block))).collect::<Vec<(usize, Vec<T>)>>()
    };
    let mut made = thread::scope(|scope| {
        let n_threads = n_threads.get().min(items.len() / PER_THREAD_MIN);
        let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(work)).collect();
        let mut made = work();
        for other in others {
            made.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        made
    });
    made.sort_unstable_by_key(|(number, _)| *number);
    let mut all = Vec::with_capacity(made.iter().map(|(_, made)| made.len()).sum());
    made.into_iter().for_each(|(_, made)| all.extend(made));
    all
}

/// Sorts `items`; the order of equal ones is not kept.
pub(super) fn sort<T: Send>(
    items: &mut [T],
    n_threads: NonZero<usize>,
    compare: impl Fn(&T, &T) -> Ordering + Sync,
) {
    let per_thread = items.len().div_ceil(n_threads.get()).max(PER_THREAD_MIN);
    if items.len() <= per_thread {
        return items.sort_unstable_by(compare);
    }
    thread::scope(|scope| {
        for part in items.chunks_mut(per_thread) {
            scope.spawn(|| part.sort_unstable_by(&compare));
        }
    });
    // A stable sort finds the parts that are in order, and merges them.
    items.sort_by(compare);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(n_threads: usize) -> NonZero<usize> {
        NonZero::new(n_threads).unwrap()
    }

    #[test]
    fn what_is_made_keeps_its_order() {
        for n_items in [0, 1, BLOCK, BLOCK + 1, 3 * PER_THREAD_MIN + 7] {
            let items: Vec<usize> = (0..n_items).collect();
            for n_threads in 1..5 {
                let twice = |items: &[usize]| items.iter().flat_map(|&item| [item, item]).collect();
                let made = flat_map(&items, threads(n_threads), || twice);
                assert_eq!(made, twice(&items), "{n_items} on {n_threads}");
            }
        }
    }

    #[test]
    fn parts_are_merged() {
        for n_items in [0, 1, PER_THREAD_MIN, 3 * PER_THREAD_MIN + 7] {
            let mut expected: Vec<usize> = (0..n_items).map(|item| item * 7_919 % 10_007).collect();
            for n_threads in 1..5 {
                let mut items = expected.clone();
                sort(&mut items, threads(n_threads), usize::cmp);
                expected.sort_unstable();
                assert_eq!(items, expected, "{n_items} on {n_threads}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "from a block")]
    fn a_panic_on_any_thread_is_one_of_the_caller() {
        let items = vec![(); 4 * PER_THREAD_MIN];
        flat_map(&items, threads(3), || |_: &[()]| -> Vec<()> { panic!("from a block") });
    }
}
