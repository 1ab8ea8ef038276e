//! A web server: the files of a published directory below an address.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

use advisory_db::FeedsDir;
use fetch::error::{FetchError, redact};
use fetch::fetcher::{Fetcher, NoProgress, Request};

use super::directory::{ENVELOPE, blob_path};
use super::index::{Blob, ENVELOPE_BYTES_MAX};
use super::place::{Failure, Place};

/// A published snapshot below an address.
#[derive(Debug)]
pub struct Web<'a> {
    address: String,
    fetcher: &'a Fetcher,
    /// Where bytes wait until they are read: an interrupted download goes on there.
    staging: PathBuf,
}

impl<'a> Web<'a> {
    /// The one below `address`, for the directory `feeds`. Touches nothing.
    pub fn new(address: &str, fetcher: &'a Fetcher, feeds: &FeedsDir) -> Self {
        let address = address.trim_end_matches('/').to_owned();
        Self { address, fetcher, staging: feeds.path().join("downloads/published") }
    }

    fn bring(&self, path: &str, file: &str, bytes_max: u64) -> Result<File, FetchError> {
        let to = self.staging.join(file);
        let url = format!("{}/{path}", self.address);
        let io = |source| FetchError::Io { action: "keep", path: to.clone(), source };
        fs::create_dir_all(&self.staging).map_err(io)?;
        self.fetcher.get(&Request { url: &url, to: &to, previous: None, bytes_max }, &NoProgress)?;
        let opened = File::open(&to).map_err(io)?;
        // Open, it can be read; whatever ends this process, it is not left behind.
        let _ = fs::remove_file(&to);
        Ok(opened)
    }
}

impl Place for Web<'_> {
    fn name(&self) -> String {
        redact(&self.address)
    }

    fn envelope(&self) -> Result<Option<Vec<u8>>, Failure> {
        match self.bring(ENVELOPE, &format!("{}.{ENVELOPE}", std::process::id()), ENVELOPE_BYTES_MAX) {
            Ok(mut file) => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes)?;
                Ok(Some(bytes))
            }
            Err(FetchError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn blob(&self, blob: &Blob) -> Result<Box<dyn Read + '_>, Failure> {
        Ok(Box::new(self.bring(&blob_path(blob), &blob.sha256, blob.bytes)?))
    }
}
