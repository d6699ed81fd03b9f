//! The command line.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use csuite::accounts::model::Scope;
use csuite::accounts::service::TokenTerms;
use csuite::accounts::{Accounts, EntryRules};
use csuite::fireworks::emulator::{Emulator, EmulatorSettings};
use csuite::platform::config::{self, Config};
use csuite::platform::{clock, telemetry};
use csuite::server::{Application, disk_usage, open_existing_database, replay_command};
use tokio::signal::unix::{SignalKind, signal};

/// A small business's board of advisers.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve pages and API (what happens without a command, too).
    Serve,
    /// Tokens for programs.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Make a link with which one account for this address can be made; prints it and nothing else.
    Invite {
        /// The address that the account will have.
        email: String,
        /// How long the link works, in days.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=90))]
        days: u64,
    },
    /// Make a link that sets a new password for an account; prints it and nothing else. It works once and
    /// ends all sessions of the account; an earlier link stops working.
    PasswordReset {
        /// The account's address.
        #[arg(long)]
        email: String,
        /// How long the link works, in hours.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=72))]
        hours: u64,
    },
    /// Show what fills the disk. Fails where free space is below MIN_FREE_DISK.
    Check,
    /// Write down what a stored answer was asked with, byte for byte as it was sent.
    Replay {
        /// The answer's id, as the API calls it.
        message: String,
        /// Ask the same model again and show how the answers differ. Nothing is stored, nobody is charged.
        #[arg(long)]
        send: bool,
    },
    /// Speak the model provider's wire without a model; for development and demonstration.
    Emulator {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:4100")]
        addr: SocketAddr,
        /// The pace of answers; 0 is as fast as it can.
        #[arg(long, default_value_t = 40)]
        tokens_per_second: u32,
        /// Milliseconds until an answer begins.
        #[arg(long, default_value_t = 300)]
        first_token_ms: u64,
    },
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token for a member; prints it and nothing else. It can't be shown again.
    Create {
        #[arg(long)]
        email: String,
        /// What the token is for.
        #[arg(long, default_value = "command line")]
        name: String,
        /// Days until it ends by itself; left out, it works until it is revoked.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..=3_650))]
        days: Option<u64>,
        /// It may read and nothing else.
        #[arg(long)]
        read_only: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    // Every TLS connection of the process uses this one implementation.
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
        tracing::warn!(setting = %name, "this setting is not known; .env.example lists all");
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

/// Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. What was
/// acknowledged is stored by then.
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

/// The accounts of the database that the server has made.
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
    eprintln!("The link works once, until {}.", clock::human(invitation.expires_at));
    Ok(())
}

async fn password_reset(email: &str, hours: u64) -> Result<(), String> {
    let config = load_config()?;
    let base = base_url(&config)?;
    let lifetime = Duration::from_secs(hours * 3_600);
    let made = accounts(&config).await?.create_reset_link(email, lifetime).await;
    let link = made.map_err(|error| error.to_string())?;
    println!("{}", link.below(&base));
    eprintln!("The link works once, until {}.", clock::human(link.expires_at));
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
