//! The command-line interface.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use csuite::accounts::model::Scope;
use csuite::accounts::tokens::TokenTerms;
use csuite::accounts::{Accounts, EntryRules};
use csuite::fireworks::emulator::{Emulator, EmulatorSettings};
use csuite::format::date;
use csuite::platform::config::{self, Config};
use csuite::platform::telemetry;
use csuite::server::{Application, disk_usage, open_existing_database, replay_command};
use tokio::signal::unix::{SignalKind, signal};

/// Chosen to return what a burst of streams took (`docs/adr/0029`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A small business's board of advisers.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve pages and API (the default command).
    Serve,
    /// Manage API tokens.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Create an invitation link for one account with this e-mail address; print only the link.
    Invite {
        /// The account's e-mail address.
        email: String,
        /// Lifetime of the link, in days.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=90))]
        days: u64,
    },
    /// Create a password reset link for an account; print only the link. It works once, ends all sessions
    /// of the account and replaces any earlier link.
    PasswordReset {
        /// The account's e-mail address.
        #[arg(long)]
        email: String,
        /// Lifetime of the link, in hours.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=72))]
        hours: u64,
    },
    /// Show disk usage. Fails if free space is below MIN_FREE_DISK.
    Check,
    /// Print the upstream request of a stored reply, byte for byte as it was sent.
    Replay {
        /// The reply's message id, as in the API.
        message: String,
        /// Send the request to the same model again and show how the replies differ. Nothing is stored or charged.
        #[arg(long)]
        send: bool,
    },
    /// Emulate the model provider's API without a model, for development and demonstration.
    Emulator {
        /// Address and port to listen on.
        #[arg(long, default_value = "127.0.0.1:4100")]
        addr: SocketAddr,
        /// Tokens per second of each reply; 0 is unlimited.
        #[arg(long, default_value_t = 40)]
        tokens_per_second: u32,
        /// Milliseconds until the first token.
        #[arg(long, default_value_t = 300)]
        first_token_ms: u64,
    },
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Create a token for a member; print only the token. It can't be shown again.
    Create {
        #[arg(long)]
        email: String,
        /// Name that describes the token's use.
        #[arg(long, default_value = "command line")]
        name: String,
        /// Days until the token expires; without it, the token works until it is revoked.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..=3_650))]
        days: Option<u64>,
        /// Restrict the token to reading.
        #[arg(long)]
        read_only: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    // All TLS connections of the process use this crypto provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let result = match Cli::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve().await,
        Command::Token { command: TokenCommand::Create { email, name, days, read_only } } => {
            let scope = if read_only { Scope::Read } else { Scope::Full };
            let lifetime = days.map(|days| Duration::from_secs(days * 86_400));
            create_token(&email, &name, TokenTerms { scope, lifetime }).await
        }
        Command::Invite { email, days } => invite(&email, days).await,
        Command::PasswordReset { email, hours } => password_reset(&email, hours).await,
        Command::Check => check().await,
        Command::Replay { message, send } => replay(&message, send).await,
        Command::Emulator { addr, tokens_per_second, first_token_ms } => {
            let tokens_per_second = f64::from(tokens_per_second);
            let settings =
                EmulatorSettings { tokens_per_second, first_token_ms, first_model: None };
            emulate(addr, settings).await
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("csuite: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn load_config() -> Result<Config, String> {
    Config::load().map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
        format!(
            "these settings are wrong; .env.example shows what each takes:\n{}",
            lines.join("\n")
        )
    })
}

async fn serve() -> Result<(), String> {
    let config = load_config()?;
    telemetry::init(&config.log_filter);
    for name in config::unknown_settings(std::env::vars().map(|(name, _)| name)) {
        tracing::warn!(setting = %name, "unknown setting; .env.example lists all");
    }
    let (database, simulated) = (config.database.clone(), config.fireworks.simulated());
    let application = Application::build(config).await.map_err(|error| error.to_string())?;
    let replies = match simulated {
        true => "simulated by the built-in emulator (set FIREWORKS_API_KEY for real ones)",
        false => "from the configured model",
    };
    let data = std::path::absolute(&database).unwrap_or(database);
    let ready = format!(
        "C-Suite is ready at http://{}\n  data:    {}\n  replies: {replies}\n",
        application.addr(),
        data.display()
    );
    // The server runs even if nobody reads this any more, as behind `| head -1`.
    let _ = std::io::stdout().write_all(ready.as_bytes());
    application.run(stop_signal()).await.map_err(|error| error.to_string())
}

/// Resolves at the first SIGTERM or SIGINT. A second signal exits the process at once; acknowledged
/// writes are already stored.
async fn stop_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(130);
    });
}

/// Opens the account service on the database that the server created; never creates one.
async fn accounts(config: &Config) -> Result<Accounts, String> {
    let db = open_existing_database(config).await.map_err(|error| error.to_string())?;
    let entry = EntryRules::new(config.sign_up, config.limits.sign_up);
    Ok(Accounts::new(db, config.limits.sign_in).with_entry(entry))
}

async fn create_token(email: &str, name: &str, terms: TokenTerms) -> Result<(), String> {
    let accounts = accounts(&load_config()?).await?;
    let token = accounts
        .create_token_for_email(email, Some(name), terms)
        .await
        .map_err(|error| error.to_string())?;
    println!("{token}");
    Ok(())
}

async fn invite(email: &str, days: u64) -> Result<(), String> {
    let config = load_config()?;
    let base = base_url(&config)?;
    let lifetime = Duration::from_secs(days * 86_400);
    let invited = accounts(&config).await?.invite(email, lifetime).await;
    let invitation = invited.map_err(|error| error.to_string())?;
    println!("{}", invitation.below(&base));
    eprintln!("The link works once, until {}.", date::moment(invitation.expires_at));
    Ok(())
}

async fn password_reset(email: &str, hours: u64) -> Result<(), String> {
    let config = load_config()?;
    let base = base_url(&config)?;
    let lifetime = Duration::from_secs(hours * 3_600);
    let made = accounts(&config).await?.create_reset_link(email, lifetime).await;
    let link = made.map_err(|error| error.to_string())?;
    println!("{}", link.below(&base));
    eprintln!("The link works once, until {}.", date::moment(link.expires_at));
    Ok(())
}

async fn check() -> Result<(), String> {
    let config = load_config()?;
    let usage = disk_usage(&config).await.map_err(|error| error.to_string())?;
    print!("{usage}");
    if usage.is_low() {
        return Err(
            "free disk space is below MIN_FREE_DISK: new files and accounts are refused".to_owned()
        );
    }
    Ok(())
}

fn base_url(config: &Config) -> Result<String, String> {
    config.base_url().ok_or_else(|| {
        "the link needs the address at which people reach the server: set PUBLIC_URL, or a port in ADDR"
            .to_owned()
    })
}

async fn replay(message: &str, send: bool) -> Result<(), String> {
    print!("{}", replay_command(&load_config()?, message, send).await?);
    Ok(())
}

async fn emulate(addr: SocketAddr, settings: EmulatorSettings) -> Result<(), String> {
    let listener = tokio::net::TcpListener::bind(addr)
        .await
        .map_err(|error| format!("can't listen on {addr}: {error}"))?;
    let emulator = Emulator::start(listener, settings).await.map_err(|error| error.to_string())?;
    println!("The emulator answers at {}", emulator.base_url());
    stop_signal().await;
    drop(emulator);
    Ok(())
}
