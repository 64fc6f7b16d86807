//! One message, one try: by e-mail over TLS or not at all, or as JSON to the hook. Secrets are read when they are needed
//! and stand in no error.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{SmtpTransport, Transport};
use reqwest::header::{AUTHORIZATION, HeaderValue};

use crate::config::{HookConfig, MailConfig, MailSecurity};
use crate::service::platform::Platform;
use crate::sources::http::{self, Place};
use crate::warehouse::{Message, Way};

/// For each silence of a mail server.
const SILENCE: Duration = Duration::from_secs(30);
/// The server knows who asks too little or wrongly: that can be put right.
const WRONG_KEY: [u16; 4] = [530, 534, 535, 538];
/// The server takes no such message, whoever asks and whenever.
const NEVER_MAIL: [u16; 5] = [550, 551, 552, 553, 556];
const NEVER_HOOK: [u16; 6] = [400, 405, 410, 413, 415, 422];

/// Why a try came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Another try may go better.
    Passing(String),
    /// None will.
    Lasting(String),
}

/// A message on its way.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// In the outbox; 0: it is in none.
    pub number: i64,
    pub at_ms: i64,
    pub about: String,
    pub way: Way,
    pub addressee: String,
    pub subject: String,
    pub body: String,
}

impl Outgoing {
    pub fn of(message: &Message) -> Self {
        Self {
            number: message.message,
            at_ms: message.at_ms,
            about: message.about.clone(),
            way: message.way,
            addressee: message.addressee.clone(),
            subject: message.subject.clone(),
            body: message.body.clone(),
        }
    }

    /// The same at each try, so that the far side can tell a message that comes twice.
    fn id(&self, platform: &Platform) -> String {
        let home = platform.home.root().to_string_lossy();
        let whole = format!(
            "{home}\n{}\n{}\n{}",
            self.number, self.at_ms, self.addressee
        );
        blake3::hash(whole.as_bytes()).to_hex()[..32].to_owned()
    }
}

/// Sends on a thread of its own and waits for no longer than `patience`: what hangs in the system (a name that is looked
/// up, say) is left behind.
pub fn send_bounded(
    platform: &Platform,
    message: &Outgoing,
    patience: Duration,
) -> Result<(), Failure> {
    let (done, waited) = sync_channel(1);
    let (platform, message) = (platform.clone(), message.clone());
    std::thread::Builder::new()
        .name("cidp-send".into())
        .spawn(move || {
            // Whoever waited has given up.
            let _late = done.send(send(&platform, &message, patience));
        })
        .map_err(|e| Failure::Passing(e.to_string()))?;
    waited
        .recv_timeout(patience)
        .unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(Failure::Passing(format!(
                "no answer within {} s",
                patience.as_secs_f64().round()
            ))),
            RecvTimeoutError::Disconnected => Err(Failure::Passing("sending broke off".into())),
        })
}

fn send(platform: &Platform, message: &Outgoing, patience: Duration) -> Result<(), Failure> {
    let config = &platform.config;
    let missing = || Failure::Lasting("no longer in the configuration".into());
    // The first provider installed stays; a second installation is no error of ours.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    match message.way {
        Way::Mail => {
            let mail = config.mail.as_ref().ok_or_else(missing)?;
            let ca = mail.ca.as_ref().map(|ca| config.folder.join(ca));
            by_mail(
                mail,
                ca.as_deref(),
                message,
                &message.id(platform),
                patience,
            )
        }
        Way::Hook => {
            let hook = config.hook.as_ref().ok_or_else(missing)?;
            let phones = config.contacts.iter().map(|contact| &contact.phone);
            let body = serde_json::json!({
                "id": message.id(platform),
                "about": message.about,
                "at": jiff::Timestamp::from_millisecond(message.at_ms).ok().map(|at| at.to_string()),
                "subject": message.subject,
                "text": message.body,
                "to": phones.filter(|phone| !phone.is_empty()).collect::<Vec<_>>(),
            });
            by_hook(hook, &body.to_string(), patience)
        }
    }
}

fn place(env: Option<&String>, stored: Option<&String>) -> Option<Place> {
    env.cloned()
        .map(Place::Variable)
        .or_else(|| stored.cloned().map(Place::Store))
}

fn passing(error: impl ToString) -> Failure {
    Failure::Passing(error.to_string())
}

fn by_mail(
    mail: &MailConfig,
    ca: Option<&std::path::Path>,
    message: &Outgoing,
    id: &str,
    patience: Duration,
) -> Result<(), Failure> {
    let from: lettre::message::Mailbox = mail
        .from
        .parse()
        .map_err(|e| passing(format!("{}: {e}", mail.from)))?;
    let domain = from.email.domain().to_owned();
    let to = message
        .addressee
        .parse()
        .map_err(|e| Failure::Lasting(format!("{}: {e}", message.addressee)))?;
    let letter = lettre::Message::builder()
        .from(from)
        .to(to)
        .subject(message.subject.replace(char::is_control, " "))
        .message_id(Some(format!("<{id}@{domain}>")))
        .header(ContentType::TEXT_PLAIN)
        .body(message.body.clone())
        .map_err(passing)?;

    let mut tls = TlsParameters::builder(mail.server.clone());
    if let Some(ca) = ca {
        let pem = std::fs::read(ca).map_err(|e| passing(format!("{}: {e}", ca.display())))?;
        tls = tls.add_root_certificate(
            Certificate::from_pem(&pem).map_err(|e| passing(format!("{}: {e}", ca.display())))?,
        );
    }
    let tls = tls.build().map_err(passing)?;
    let (tls, port) = match mail.security {
        MailSecurity::Tls => (Tls::Wrapper(tls), 465),
        // Or nothing: a server that offers no TLS is sent neither password nor message.
        MailSecurity::StartTls => (Tls::Required(tls), 587),
    };
    let mut server = SmtpTransport::builder_dangerous(&mail.server)
        .port(mail.port.unwrap_or(port))
        .tls(tls)
        .timeout(Some(patience.min(SILENCE)));
    let mut password = None;
    if let (Some(user), Some(place)) = (&mail.user, place(mail.env.as_ref(), mail.secret.as_ref()))
    {
        let secret = place.secret().map_err(passing)?;
        server = server.credentials(Credentials::new(user.clone(), secret.clone()));
        password = Some(secret);
    }
    match server.build().send(&letter) {
        Ok(_) => Ok(()),
        Err(error) => {
            let code = error.status().map(u16::from);
            if let Some(code) = code.filter(|code| WRONG_KEY.contains(code)) {
                // Its words may repeat what was sent.
                return Err(Failure::Passing(format!(
                    "the mail server refuses user or password ({code})"
                )));
            }
            let mut why = error.to_string();
            if let Some(password) = password {
                why = why.replace(&password, "…");
            }
            Err(if code.is_some_and(|code| NEVER_MAIL.contains(&code)) {
                Failure::Lasting(why)
            } else {
                Failure::Passing(why)
            })
        }
    }
}

fn by_hook(hook: &HookConfig, body: &str, patience: Duration) -> Result<(), Failure> {
    let url = reqwest::Url::parse(&hook.url).map_err(passing)?;
    let mut client = reqwest::Client::builder()
        .connect_timeout(patience)
        .timeout(patience)
        // The token goes to the address that was written down, and to no other.
        .redirect(reqwest::redirect::Policy::none());
    if http::fetch::is_loopback(&url) {
        client = client.no_proxy();
    }
    let named = |error: reqwest::Error| {
        // The address may hold a key.
        passing(http::fetch::deepest(&error.without_url()))
    };
    let mut request = client
        .build()
        .map_err(named)?
        .post(url)
        .header("Content-Type", "application/json")
        .body(body.to_owned());
    if let Some(place) = place(hook.env.as_ref(), hook.secret.as_ref()) {
        let secret = place.secret().map_err(passing)?;
        let mut token = HeaderValue::try_from(format!("Bearer {secret}"))
            .map_err(|_| passing(format!("{place} holds what no header can carry")))?;
        token.set_sensitive(true);
        request = request.header(AUTHORIZATION, token);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(passing)?;
    let answer = runtime.block_on(async { request.send().await });
    // A look-up of a name that hangs is not waited for.
    runtime.shutdown_background();
    let status = answer.map_err(named)?.status();
    if status.is_success() {
        return Ok(());
    }
    let why = format!("the hook answered {}", status.as_u16());
    Err(if NEVER_HOOK.contains(&status.as_u16()) {
        Failure::Lasting(why)
    } else {
        Failure::Passing(why)
    })
}
