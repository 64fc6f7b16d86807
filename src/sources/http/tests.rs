//! Servers on loopback that answer as told, and what is made of it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::*;
use crate::domain::Format;

/// No test waits longer than it must.
const QUICK: Patience = Patience {
    silence: Duration::from_millis(200),
    whole: Duration::from_secs(5),
    tries: 3,
    first_pause: Duration::from_millis(1),
    longest_pause: Duration::from_secs(2),
};

/// A variable that every test process has, of a value that is in no answer.
const VARIABLE: &str = "CARGO_PKG_NAME";

/// Answers one connection after the other with these bytes, then is gone; an empty answer is a silence.
fn serve(answers: Vec<Vec<u8>>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/fleet.csv?page=1", listener.local_addr().unwrap());
    let (say, asked) = channel();
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for answer in answers {
            let (mut socket, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let read = socket.read(&mut request).unwrap();
            let _gone = say.send(String::from_utf8_lossy(&request[..read]).into_owned());
            if answer.is_empty() {
                silent.push(socket);
                continue;
            }
            socket.write_all(&answer).unwrap();
        }
        std::thread::sleep(Duration::from_secs(u64::from(!silent.is_empty())));
    });
    (url, asked)
}

fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn table() -> Vec<u8> {
    answer("200 OK", "", "a,b\n1,2\n")
}

fn address(url: &str) -> Address {
    Address {
        url: url.to_owned(),
        key: None,
        patience: QUICK,
    }
}

fn file(url: &str) -> HttpFile {
    HttpFile::new(address(url), Dialect::default())
}

fn error(answers: Vec<Vec<u8>>) -> SourceError {
    file(&serve(answers).0).digest().unwrap_err()
}

fn key() -> Key {
    Key {
        header: "X-Fleet-Key".into(),
        prefix: "Token ".into(),
        place: Place::Variable(VARIABLE.into()),
    }
}

#[test]
fn a_table_is_fetched_once_and_read() {
    let (url, asked) = serve(vec![table()]);
    let file = file(&url);
    assert_eq!(file.stem(), "fleet");
    assert_eq!(
        file.digest().unwrap(),
        *blake3::hash(b"a,b\n1,2\n").as_bytes()
    );
    assert_eq!(file.open().unwrap().header(), ["a", "b"]);
    assert_eq!(asked.iter().count(), 1);
}

#[test]
fn errors_are_named_apart() {
    assert_eq!(
        error(vec![answer("403 Forbidden", "", "")]),
        SourceError::RefusedByServer { status: 403 }
    );
    assert!(matches!(
        error(vec![answer(
            "200 OK",
            "",
            "<!DOCTYPE html><title>Log in</title>"
        )]),
        SourceError::NotAsPromised { .. }
    ));
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", nobody.local_addr().unwrap());
    drop(nobody);
    assert!(matches!(
        file(&url).digest().unwrap_err(),
        SourceError::Unreachable { .. }
    ));
    assert!(matches!(
        error(vec![vec![], vec![], vec![]]),
        SourceError::TimedOut { .. }
    ));
}

#[test]
fn half_an_answer_is_no_answer() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 800\r\n\r\na,b\n1,2\n".to_vec();
    assert!(matches!(
        error(vec![half.clone(), half.clone(), half.clone()]),
        SourceError::Unreadable { .. }
    ));
    let (url, _) = serve(vec![half, table()]);
    assert!(file(&url).digest().is_ok(), "the second try is whole");
}

#[test]
fn a_server_that_drips_for_ever_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        // An answer before the question would be another error.
        let _asked = socket.read(&mut [0; 4096]).unwrap();
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
        let mut open = socket.write_all(head).is_ok();
        // Until the client gives up, however slow this machine is.
        for _ in 0..6000 {
            std::thread::sleep(Duration::from_millis(10));
            open = open && socket.write_all(b"x").is_ok();
            if !open {
                break;
            }
        }
    });
    let mut address = address(&url);
    address.patience.whole = Duration::from_millis(300);
    address.patience.tries = 1;
    let file = HttpFile::new(address, Dialect::default());
    assert!(matches!(
        file.digest().unwrap_err(),
        SourceError::TimedOut { .. }
    ));
}

#[test]
fn what_may_pass_is_asked_again_and_what_may_not_is_not() {
    let busy = answer("503 Busy", "", "");
    let full = answer("429 Too Many", "Retry-After: 1\r\n", "");
    let (url, asked) = serve(vec![busy.clone(), full, table()]);
    assert!(file(&url).digest().is_ok());
    assert_eq!(asked.iter().count(), 3);
    assert_eq!(
        error(vec![busy.clone(), busy.clone(), busy.clone(), table()]),
        SourceError::RefusedByServer { status: 503 }
    );
    let refusals = [
        answer("401 Unauthorized", "", ""),
        answer("404 Not Found", "", ""),
        // Longer than anybody waits.
        answer("429 Too Many", "Retry-After: 86400\r\n", ""),
    ];
    for refusal in refusals {
        assert!(matches!(
            error(vec![refusal, table()]),
            SourceError::RefusedByServer { .. }
        ));
    }
}

#[test]
fn an_answer_may_come_packed() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(b"a,b\n1,2\n").unwrap();
    let packed = packer.finish().unwrap();
    let gzip = "Content-Encoding: gzip\r\n";
    let (url, asked) = serve(vec![answer("200 OK", gzip, &packed)]);
    let whole = file(&url);
    assert_eq!(
        whole.digest().unwrap(),
        *blake3::hash(b"a,b\n1,2\n").as_bytes()
    );
    assert_eq!(whole.open().unwrap().header(), ["a", "b"]);
    let request = asked.recv().unwrap().to_lowercase();
    assert!(request.contains("accept-encoding: gzip"), "{request}");
    assert!(matches!(
        error(vec![answer("200 OK", gzip, &packed[..packed.len() / 2])]),
        SourceError::Unreadable { .. }
    ));
    assert!(matches!(
        error(vec![answer("200 OK", "Content-Encoding: br\r\n", "x")]),
        SourceError::NotAsPromised { .. }
    ));
}

#[test]
fn the_key_goes_where_it_is_meant_for_and_nowhere_else() {
    let word = std::env::var(VARIABLE).unwrap();
    let header = format!("x-fleet-key: token {}", word.to_lowercase());
    let (elsewhere, asked_elsewhere) = serve(vec![table()]);
    let away = format!("Location: {elsewhere}\r\n");
    let (url, asked) = serve(vec![
        answer("302 Found", "Location: /here.csv\r\n", ""),
        answer("307 Moved", &away, ""),
    ]);
    let file = HttpFile::new(
        Address {
            key: Some(key()),
            ..address(&url)
        },
        Dialect::default(),
    );
    assert!(file.digest().is_ok());
    let requests: Vec<String> = asked.iter().map(|r| r.to_lowercase()).collect();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|r| r.contains(&header)), "{requests:?}");
    assert!(requests[1].starts_with("get /here.csv "), "{requests:?}");
    let request = asked_elsewhere.recv().unwrap().to_lowercase();
    assert!(
        !request.contains("x-fleet-key") && !request.contains("token"),
        "{request}"
    );
}

#[test]
fn a_server_that_sends_in_circles_is_left() {
    let round = answer("302 Found", "Location: /again\r\n", "");
    let mut address = address(&serve(vec![round; 11]).0);
    address.patience.tries = 1;
    let error = HttpFile::new(address, Dialect::default())
        .digest()
        .unwrap_err();
    assert!(error.to_string().contains("redirects"), "{error}");
}

#[test]
fn a_missing_secret_says_so_before_anybody_is_asked() {
    let (url, asked) = serve(vec![table()]);
    let mut address = address(&url);
    address.key = Some(Key {
        place: Place::Variable("CIDP_NO_SUCH_VARIABLE".into()),
        ..key()
    });
    let error = HttpFile::new(address, Dialect::default())
        .digest()
        .unwrap_err();
    assert!(matches!(error, SourceError::MissingSecret { .. }));
    assert!(
        error.to_string().contains("CIDP_NO_SUCH_VARIABLE"),
        "{error}"
    );
    assert!(asked.try_recv().is_err());
}

#[test]
fn a_secret_that_a_server_repeats_is_in_no_error() {
    let word = std::env::var(VARIABLE).unwrap();
    let page = format!("<html>{word} is not welcome");
    let (url, _) = serve(vec![answer("200 OK", "", page)]);
    let address = Address {
        key: Some(key()),
        ..address(&url)
    };
    let error = HttpFile::new(address, Dialect::default())
        .digest()
        .unwrap_err();
    assert!(error.to_string().contains("<html>… is not"), "{error}");
}

#[test]
fn a_promised_format_is_kept_or_named() {
    let (url, _) = serve(vec![table()]);
    let dialect = Dialect {
        format: Some(Format::Json),
        ..Dialect::default()
    };
    let error = HttpFile::new(address(&url), dialect).digest().unwrap_err();
    assert!(error.to_string().contains("expected JSON"), "{error}");
}

#[test]
fn a_followed_address_is_read_again_only_when_it_changed() {
    let tagged = |tag: &str, body: &str| {
        let header = format!("ETag: \"{tag}\"\r\n");
        answer("200 OK", &header, body)
    };
    let (url, asked) = serve(vec![
        tagged("one", "a\n1\n"),
        answer("304 Not Modified", "", ""),
        // A server that knows nothing of versions sends the same again.
        tagged("two", "a\n1\n"),
        tagged("three", "a\n1\n2\n"),
        answer("403 Forbidden", "", ""),
        answer("304 Not Modified", "", ""),
    ]);
    let mut poll = HttpPoll::new(address(&url), Dialect::default());
    let first = poll.ask().unwrap().unwrap();
    assert_eq!(first.open().unwrap().header(), ["a"]);
    assert!(poll.ask().unwrap().is_none());
    assert!(poll.ask().unwrap().is_none());
    assert!(poll.ask().unwrap().is_some());
    assert!(poll.ask().is_err());
    assert!(poll.ask().unwrap().is_none(), "what is known stays known");
    let requests: Vec<String> = asked.iter().map(|r| r.to_lowercase()).collect();
    assert!(!requests[0].contains("if-none-match"));
    for (request, tag) in requests[1..]
        .iter()
        .zip(["one", "one", "two", "three", "three"])
    {
        let header = format!("if-none-match: \"{tag}\"");
        assert!(request.contains(&header), "{request}");
    }
}

#[test]
fn a_password_in_the_address_is_not_shown() {
    let file = file("https://camrail:s3cret@fleet.example/a.csv?x=1");
    assert_eq!(file.path(), "https://fleet.example/a.csv?x=1");
    assert_eq!(super::shown("http://h/b.csv"), "http://h/b.csv");
}
