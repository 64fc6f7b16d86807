//! Small servers on loopback that play what mail servers and hooks do. Their certificate is for tests only: its key
//! lies beside it for everybody to read.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The authority that the certificate is of.
pub const CA: &[u8] = include_bytes!("ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("server.pem");
const KEY: &[u8] = include_bytes!("server.key.pem");

fn tls() -> Arc<ServerConfig> {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    Arc::new(config)
}

/// How a mail server offers TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offers {
    Tls,
    StartTls,
    Nothing,
}

/// A letter that was taken.
#[derive(Debug, Clone)]
pub struct Letter {
    pub encrypted: bool,
    pub to: String,
    /// As it travelled, dots stuffed.
    pub raw: String,
}

impl Letter {
    /// The value of a header, folded lines joined, words decoded.
    pub fn header(&self, name: &str) -> String {
        let head = self.raw.split("\r\n\r\n").next().unwrap();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let line = unfolded
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")))
            .unwrap();
        let mut bytes = Vec::new();
        let mut coded_before = None;
        for word in line.split(' ') {
            let coded = word
                .strip_prefix("=?utf-8?b?")
                .and_then(|rest| rest.strip_suffix("?="));
            // A space between two coded words is none.
            if coded_before.is_some_and(|before| !(before && coded.is_some())) {
                bytes.push(b' ');
            }
            coded_before = Some(coded.is_some());
            match coded {
                Some(coded) => bytes.extend(base64(coded)),
                None => bytes.extend(word.as_bytes()),
            }
        }
        String::from_utf8(bytes).unwrap()
    }
}

pub fn base64(coded: &str) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for letter in coded.bytes().filter(|b| *b != b'=') {
        let six = LETTERS.iter().position(|l| *l == letter).unwrap();
        bits = bits << 6 | u32::try_from(six).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    bytes
}

#[derive(Default)]
struct Seen {
    letters: Vec<Letter>,
    /// Every command with whether it came encrypted.
    commands: Vec<(bool, String)>,
}

/// A mail server until the end of the process.
pub struct MailServer {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl MailServer {
    /// `recipient` are its answers to the recipient of each letter in turn; then it takes all. `login`: `user\0password`
    /// that it insists on.
    pub fn start(offers: Offers, recipient: &[&'static str], login: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let told = Arc::clone(&seen);
        let mut answers: VecDeque<&'static str> = recipient.iter().copied().collect();
        let login = login.map(str::to_owned);
        std::thread::spawn(move || {
            let tls = tls();
            for socket in listener.incoming().flatten() {
                socket
                    .set_read_timeout(Some(Duration::from_secs(20)))
                    .unwrap();
                // Whoever hangs up in the middle is seen by what did not come.
                let _hung_up = talk(socket, &tls, offers, &mut answers, login.as_deref(), &told);
            }
        });
        Self { address, seen }
    }

    pub fn letters(&self) -> Vec<Letter> {
        self.seen.lock().unwrap().letters.clone()
    }

    pub fn commands(&self) -> Vec<(bool, String)> {
        self.seen.lock().unwrap().commands.clone()
    }

    /// `[mail]` for this server.
    pub fn config(&self, more: &str) -> String {
        format!(
            "[mail]\nserver = 'localhost'\nport = {}\nfrom = 'cidp@camrail.example'\n{more}\n",
            self.address.port()
        )
    }
}

enum Line {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Line {
    fn encrypt(self, config: &Arc<ServerConfig>) -> Self {
        match self {
            Self::Plain(socket) => {
                let connection = ServerConnection::new(Arc::clone(config)).unwrap();
                Self::Tls(Box::new(StreamOwned::new(connection, socket)))
            }
            encrypted => encrypted,
        }
    }

    fn read(&mut self) -> std::io::Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            match self {
                Self::Plain(socket) => socket.read_exact(&mut byte)?,
                Self::Tls(socket) => socket.read_exact(&mut byte)?,
            }
            line.push(byte[0]);
        }
        line.truncate(line.len() - 2);
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    fn say(&mut self, words: &str) -> std::io::Result<()> {
        let words = format!("{words}\r\n");
        match self {
            Self::Plain(socket) => socket.write_all(words.as_bytes()),
            Self::Tls(socket) => socket
                .write_all(words.as_bytes())
                .and_then(|()| socket.flush()),
        }
    }
}

fn talk(
    socket: TcpStream,
    tls: &Arc<ServerConfig>,
    offers: Offers,
    answers: &mut VecDeque<&'static str>,
    login: Option<&str>,
    seen: &Mutex<Seen>,
) -> std::io::Result<()> {
    let mut line = Line::Plain(socket);
    if offers == Offers::Tls {
        line = line.encrypt(tls);
    }
    let mut known = login.is_none();
    let mut to = String::new();
    line.say("220 localhost ready")?;
    loop {
        let command = line.read()?;
        let encrypted = matches!(line, Line::Tls(_));
        seen.lock()
            .unwrap()
            .commands
            .push((encrypted, command.clone()));
        let verb = command
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                line.say("250-localhost")?;
                if offers == Offers::StartTls && !encrypted {
                    line.say("250-STARTTLS")?;
                }
                line.say("250-8BITMIME")?;
                line.say("250 AUTH PLAIN")?;
            }
            "STARTTLS" => {
                line.say("220 go ahead")?;
                line = line.encrypt(tls);
            }
            "AUTH" => {
                let coded = command.rsplit(' ').next().unwrap_or_default();
                let said = String::from_utf8(base64(coded)).unwrap();
                if login.is_some_and(|login| said == format!("\0{login}")) {
                    known = true;
                    line.say("235 welcome")?;
                } else {
                    // What a careless server says.
                    line.say(&format!("535 not with {}", said.replace('\0', " ")))?;
                }
            }
            "MAIL" if !known => line.say("530 who are you")?,
            "MAIL" => line.say("250 fine")?,
            "RCPT" => {
                to = command
                    .split(['<', '>'])
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned();
                line.say(answers.pop_front().unwrap_or("250 fine"))?;
            }
            "DATA" => {
                line.say("354 go on")?;
                let mut raw = String::new();
                loop {
                    let part = line.read()?;
                    if part == "." {
                        break;
                    }
                    raw.push_str(&part);
                    raw.push_str("\r\n");
                }
                let letter = Letter {
                    encrypted,
                    to: to.clone(),
                    raw,
                };
                seen.lock().unwrap().letters.push(letter);
                line.say("250 taken")?;
            }
            "QUIT" => {
                line.say("221 bye")?;
                return Ok(());
            }
            _ => line.say("250 fine")?,
        }
    }
}

/// What a hook does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Answer(u16),
    Hang,
}

/// A hook until the end of the process; what it was sent, head and body.
pub struct Hook {
    pub address: SocketAddr,
    calls: Arc<Mutex<Vec<(String, String)>>>,
}

impl Hook {
    /// Does these in turn; then it takes all.
    pub fn start(does: &[Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::on(listener, does)
    }

    pub fn on(listener: TcpListener, does: &[Does]) -> Self {
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&calls);
        let mut does: VecDeque<Does> = does.iter().copied().collect();
        std::thread::spawn(move || {
            let mut hung = Vec::new();
            for mut socket in listener.incoming().flatten() {
                let Ok(call) = request(&mut socket) else {
                    continue;
                };
                told.lock().unwrap().push(call);
                match does.pop_front().unwrap_or(Does::Answer(200)) {
                    Does::Hang => hung.push(socket),
                    Does::Answer(status) => {
                        let head = format!(
                            "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                        );
                        let _gone = socket.write_all(head.as_bytes());
                    }
                }
            }
        });
        Self { address, calls }
    }

    pub fn calls(&self) -> Vec<(String, String)> {
        self.calls.lock().unwrap().clone()
    }

    /// `[hook]` for this address.
    pub fn config(&self, more: &str) -> String {
        format!("[hook]\nurl = 'http://{}/sms'\n{more}\n", self.address)
    }
}

fn request(socket: &mut TcpStream) -> std::io::Result<(String, String)> {
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut all = Vec::new();
    let mut byte = [0];
    while !all.ends_with(b"\r\n\r\n") {
        socket.read_exact(&mut byte)?;
        all.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&all).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    socket.read_exact(&mut body)?;
    Ok((
        String::from_utf8_lossy(&all).into_owned(),
        String::from_utf8_lossy(&body).into_owned(),
    ))
}

/// An address where nobody listens.
pub fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    format!("[hook]\nurl = 'http://{address}/'\n")
}
