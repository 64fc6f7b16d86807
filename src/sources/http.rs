//! CSV over HTTP: fetched whole into a temporary file, so that memory stays bounded and a transfer that
//! breaks off is never read.

use std::cell::OnceCell;
use std::io::{Seek, SeekFrom, Write};
use std::time::Duration;

use crate::domain::ports::{RecordStream, SourceFile};
use crate::domain::{Dialect, SourceError};

use super::table;

/// For connecting, and for each silence within an answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// One address that answers with a CSV table.
pub struct HttpFile {
    url: String,
    dialect: Dialect,
    fetched: OnceCell<Result<Fetched, SourceError>>,
}

struct Fetched {
    file: tempfile::NamedTempFile,
    digest: [u8; 32],
}

impl HttpFile {
    #[must_use]
    pub const fn new(url: String, dialect: Dialect) -> Self {
        Self {
            url,
            dialect,
            fetched: OnceCell::new(),
        }
    }

    /// Fetched once a run: the digest and the rows are those of one answer.
    fn fetched(&self) -> Result<&Fetched, SourceError> {
        self.fetched
            .get_or_init(|| fetch(&self.url))
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl SourceFile for HttpFile {
    fn path(&self) -> &str {
        &self.url
    }

    fn stem(&self) -> &str {
        let end = self.url.find(['?', '#']).unwrap_or(self.url.len());
        let name = self.url[..end].rsplit('/').next().unwrap_or(&self.url);
        name.split('.').next().unwrap_or(name)
    }

    fn digest(&self) -> Result<[u8; 32], SourceError> {
        Ok(self.fetched()?.digest)
    }

    fn open(&self) -> Result<Box<dyn RecordStream>, SourceError> {
        let file = self.fetched()?.file.reopen().map_err(unreadable)?;
        table::open(file, u64::MAX, &self.url, &self.dialect)
    }
}

fn unreadable(error: std::io::Error) -> SourceError {
    SourceError::Unreadable {
        why: error.to_string(),
    }
}

fn fetch(url: &str) -> Result<Fetched, SourceError> {
    // The first provider installed stays; a second installation is no error of ours.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(unreadable)?;
    runtime.block_on(download(url))
}

async fn download(url: &str) -> Result<Fetched, SourceError> {
    let named = |error: reqwest::Error| {
        // The address may hold a key: reports show the one that was configured, never a redirect's.
        let why = error.without_url();
        if why.is_timeout() {
            SourceError::TimedOut {
                secs: TIMEOUT.as_secs(),
            }
        } else if why.is_connect() || why.is_request() {
            SourceError::Unreachable { why: deepest(&why) }
        } else {
            SourceError::Unreadable { why: deepest(&why) }
        }
    };
    let client = reqwest::Client::builder()
        .connect_timeout(TIMEOUT)
        .read_timeout(TIMEOUT)
        .build()
        .map_err(named)?;
    let mut answer = client.get(url).send().await.map_err(named)?;
    if !answer.status().is_success() {
        return Err(SourceError::RefusedByServer {
            status: answer.status().as_u16(),
        });
    }
    let mut file = tempfile::NamedTempFile::new().map_err(unreadable)?;
    let mut hasher = blake3::Hasher::new();
    while let Some(chunk) = answer.chunk().await.map_err(named)? {
        hasher.update(&chunk);
        file.write_all(&chunk).map_err(unreadable)?;
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(Fetched {
        file,
        digest: *hasher.finalize().as_bytes(),
    })
}

/// The innermost cause says what happened; the outer ones only where.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    /// Answers one request on loopback with these bytes, then is gone.
    fn serve(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/fleet.csv?key=1", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut request = [0; 2048];
            let _read = socket.read(&mut request).unwrap();
            socket.write_all(answer.as_bytes()).unwrap();
        });
        url
    }

    #[test]
    fn a_table_is_fetched_once_and_read() {
        let url = serve("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\na,b\n1,2\n");
        let file = HttpFile::new(url, Dialect::default());
        assert_eq!(file.stem(), "fleet");
        assert_eq!(
            file.digest().unwrap(),
            *blake3::hash(b"a,b\n1,2\n").as_bytes()
        );
        assert_eq!(file.open().unwrap().header(), ["a", "b"]);
    }

    #[test]
    fn errors_are_named_apart() {
        let error = |answer| {
            HttpFile::new(serve(answer), Dialect::default())
                .digest()
                .unwrap_err()
        };
        assert_eq!(
            error("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
            SourceError::RefusedByServer { status: 403 }
        );
        // Broken off: half an answer is no answer.
        assert!(matches!(
            error("HTTP/1.1 200 OK\r\nContent-Length: 800\r\n\r\na,b\n1,2\n"),
            SourceError::Unreadable { .. }
        ));
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", nobody.local_addr().unwrap());
        drop(nobody);
        assert!(matches!(
            HttpFile::new(url, Dialect::default()).digest().unwrap_err(),
            SourceError::Unreachable { .. }
        ));
    }
}
