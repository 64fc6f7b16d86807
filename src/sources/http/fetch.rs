//! One question to an address: what is sent, how long is waited, what is asked again.
//!
//! An answer goes into a temporary file, so that memory stays bounded and one that breaks off is never
//! read. It blocks the calling thread: call it from none that runs a runtime.

use std::io::{Read, Seek, SeekFrom, Write};
use std::time::Duration;

use flate2::write::MultiGzDecoder;
use rand::RngExt;
use reqwest::header::{self, HeaderMap};
use reqwest::{StatusCode, Url};

use crate::domain::{Dialect, SourceError};

use super::promise;
use super::secret::{Key, Secret};

/// Longest answer, in bytes, decompressed.
const MAX_BYTES: u64 = 4 << 30;
const MAX_REDIRECTS: usize = 10;

/// How long and how often an address is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For connecting, and for each silence within an answer.
    pub silence: Duration,
    /// For one whole answer.
    pub whole: Duration,
    pub tries: u32,
    /// Before the second try; doubled before each further one, give or take a half.
    pub first_pause: Duration,
    /// A server that asks for a longer pause than this (`Retry-After`) is not waited for.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(15),
            whole: Duration::from_secs(600),
            tries: 3,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
        }
    }
}

/// An address, and how it is asked.
#[derive(Debug, Clone)]
pub struct Address {
    pub url: String,
    pub key: Option<Key>,
    pub patience: Patience,
}

/// What a server says of the version that it sent; sent back to ask whether there is another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    etag: Option<header::HeaderValue>,
    modified: Option<header::HeaderValue>,
}

/// The content of an answer, on disk.
#[derive(Debug)]
pub struct Fetched {
    pub file: tempfile::NamedTempFile,
    /// BLAKE3 of the content.
    pub digest: [u8; 32],
    pub version: Version,
}

#[derive(Debug)]
pub enum Answer {
    /// The server says that the version we know is the newest.
    Unchanged,
    New(Fetched),
}

/// What went wrong in one try.
struct Failure {
    error: SourceError,
    /// Another try may go better.
    passes: bool,
    /// Not before.
    pause: Option<Duration>,
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self {
            error,
            passes: false,
            pause: None,
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        unreadable(&error).into()
    }
}

pub(super) fn unreadable(error: &std::io::Error) -> SourceError {
    SourceError::Unreadable {
        why: error.to_string(),
    }
}

impl Address {
    /// Asks, again where that may help. `known` is the version held from an earlier answer.
    ///
    /// # Errors
    /// The secret is missing; the address is unreachable, silent, refuses, or sends something else.
    pub fn fetch(&self, dialect: &Dialect, known: Option<&Version>) -> Result<Answer, SourceError> {
        // The first provider installed stays; a second installation is no error of ours.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let secret = self.key.as_ref().map(Key::read).transpose()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| unreadable(&e))?;
        let answer = runtime.block_on(self.persist(secret.as_ref(), dialect, known));
        // A look-up of a name that hangs is not waited for.
        runtime.shutdown_background();
        answer
    }

    async fn persist(
        &self,
        secret: Option<&Secret>,
        dialect: &Dialect,
        known: Option<&Version>,
    ) -> Result<Answer, SourceError> {
        let patience = &self.patience;
        let mut pause = patience.first_pause;
        let mut tried = 0;
        loop {
            let once = self.once(secret, dialect, known);
            let failure = match tokio::time::timeout(patience.whole, once).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failure)) => failure,
                Err(_) => timed_out(patience.whole).into(),
            };
            tried += 1;
            let wait = failure
                .pause
                .unwrap_or_else(|| pause.mul_f64(rand::rng().random_range(0.5..1.5)));
            if !failure.passes || tried >= patience.tries || wait > patience.longest_pause {
                return Err(failure.error);
            }
            tracing::info!(error = %failure.error, ?wait, "asked again");
            tokio::time::sleep(wait).await;
            pause *= 2;
        }
    }

    async fn once(
        &self,
        secret: Option<&Secret>,
        dialect: &Dialect,
        known: Option<&Version>,
    ) -> Result<Answer, Failure> {
        let mut answer = self.ask(secret, known).await?;
        let status = answer.status();
        if status == StatusCode::NOT_MODIFIED && known.is_some() {
            return Ok(Answer::Unchanged);
        }
        if !status.is_success() {
            return Err(Failure {
                error: SourceError::RefusedByServer {
                    status: status.as_u16(),
                },
                passes: status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS,
                pause: retry_after(answer.headers()),
            });
        }
        let version = Version {
            etag: answer.headers().get(header::ETAG).cloned(),
            modified: answer.headers().get(header::LAST_MODIFIED).cloned(),
        };
        let text = |name| answer.headers().get(name).and_then(|v| v.to_str().ok());
        let content_type = text(header::CONTENT_TYPE).map(str::to_owned);
        let mut body = Body::new(text(header::CONTENT_ENCODING))?;
        while let Some(chunk) = answer.chunk().await.map_err(|e| self.named(e))? {
            body.write(&chunk)?;
        }
        let (mut file, digest) = body.end()?;
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        let limit = promise::HEAD_BYTES as u64;
        file.as_file().take(limit).read_to_end(&mut head)?;
        file.seek(SeekFrom::Start(0))?;
        let word = secret.map(|s| s.word.as_str());
        promise::check(&head, content_type.as_deref(), dialect, word)?;
        Ok(Answer::New(Fetched {
            file,
            digest,
            version,
        }))
    }

    /// Follows redirects by hand: the secret goes to the server it is meant for and to no other.
    async fn ask(
        &self,
        secret: Option<&Secret>,
        known: Option<&Version>,
    ) -> Result<reqwest::Response, Failure> {
        let unfit = |why: String| SourceError::Unreachable { why };
        let home = Url::parse(&self.url).map_err(|e| unfit(e.to_string()))?;
        let mut url = home.clone();
        for _ in 0..=MAX_REDIRECTS {
            let mut client = reqwest::Client::builder()
                .connect_timeout(self.patience.silence)
                .read_timeout(self.patience.silence)
                .redirect(reqwest::redirect::Policy::none());
            if is_loopback(&url) {
                client = client.no_proxy();
            }
            let client = client.build().map_err(|e| self.named(e))?;
            let mut request = client
                .get(url.clone())
                .header(header::ACCEPT_ENCODING, "gzip");
            if let Some(secret) = secret.filter(|_| url.origin() == home.origin()) {
                request = request.header(secret.name.clone(), secret.value.clone());
            }
            if let Some(etag) = known.and_then(|v| v.etag.clone()) {
                request = request.header(header::IF_NONE_MATCH, etag);
            }
            if let Some(modified) = known.and_then(|v| v.modified.clone()) {
                request = request.header(header::IF_MODIFIED_SINCE, modified);
            }
            let answer = request.send().await.map_err(|e| self.named(e))?;
            let place = answer.headers().get(header::LOCATION);
            let elsewhere = match place.and_then(|place| place.to_str().ok()) {
                Some(place) if moved(answer.status()) => url.join(place).ok(),
                _ => None,
            };
            match elsewhere {
                Some(next) => url = next,
                None => return Ok(answer),
            }
        }
        Err(unfit(format!("more than {MAX_REDIRECTS} redirects")).into())
    }

    fn named(&self, error: reqwest::Error) -> Failure {
        // The address may hold a key: reports show the one that was configured, never a redirect's.
        let why = error.without_url();
        let error = if why.is_timeout() {
            timed_out(self.patience.silence)
        } else if why.is_connect() || why.is_request() {
            SourceError::Unreachable { why: deepest(&why) }
        } else {
            SourceError::Unreadable { why: deepest(&why) }
        };
        Failure {
            error,
            passes: !why.is_builder(),
            pause: None,
        }
    }
}

const fn timed_out(after: Duration) -> SourceError {
    SourceError::TimedOut {
        secs: after.as_secs(),
    }
}

/// A proxy is of no use on the way to this very computer.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|ip| ip.is_loopback())
}

fn moved(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// `Retry-After`: seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(secs) = text.parse::<u64>() {
        return Some(Duration::from_secs(secs));
    }
    let then = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let wait = then.duration_since(jiff::Timestamp::now());
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}

/// The innermost cause says what happened; the outer ones only where.
pub(crate) fn deepest(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// What comes in, unpacked, hashed and counted on its way to the disk.
enum Body {
    Plain(Box<Sink>),
    Gzip(Box<MultiGzDecoder<Sink>>),
}

impl Body {
    fn new(encoding: Option<&str>) -> Result<Self, Failure> {
        let sink = Sink {
            file: tempfile::NamedTempFile::new()?,
            hasher: blake3::Hasher::new(),
        };
        match encoding.map(str::trim) {
            None | Some("" | "identity") => Ok(Self::Plain(Box::new(sink))),
            Some(e) if e.eq_ignore_ascii_case("gzip") || e.eq_ignore_ascii_case("x-gzip") => {
                Ok(Self::Gzip(Box::new(MultiGzDecoder::new(sink))))
            }
            Some(other) => Err(SourceError::NotAsPromised {
                expected: "plain or gzip".to_owned(),
                got: format!("the encoding {other}"),
            }
            .into()),
        }
    }

    fn write(&mut self, chunk: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Plain(sink) => sink.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
        }
    }

    fn end(self) -> std::io::Result<(tempfile::NamedTempFile, [u8; 32])> {
        let mut sink = match self {
            Self::Plain(sink) => *sink,
            Self::Gzip(decoder) => decoder.finish()?,
        };
        sink.flush()?;
        Ok((sink.file, *sink.hasher.finalize().as_bytes()))
    }
}

struct Sink {
    file: tempfile::NamedTempFile,
    hasher: blake3::Hasher,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.hasher.count() + bytes.len() as u64 > MAX_BYTES {
            let limit = MAX_BYTES >> 30;
            return Err(std::io::Error::other(format!(
                "the answer is longer than {limit} GiB"
            )));
        }
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(of("120"), Some(Duration::from_secs(120)));
        assert_eq!(of("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(of("Mon, 21 Oct 2199 07:28:00 GMT") > Some(Duration::from_secs(1 << 30)));
        assert_eq!(of("soon"), None);
    }

    #[test]
    fn the_way_to_this_computer_needs_no_proxy() {
        let loopback = |url: &str| is_loopback(&Url::parse(url).unwrap());
        assert!(loopback("http://127.0.0.1:80/") && loopback("http://[::1]/x"));
        assert!(loopback("http://localhost:8080/"));
        assert!(!loopback("https://fleet.example/") && !loopback("http://10.0.0.1/"));
    }
}
