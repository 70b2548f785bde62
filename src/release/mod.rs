//! A release on disk and in a tarball.
//!
//! Reading order: [`directory`] (where things lie), [`job`], [`package`], [`license`] (what they consist of),
//! [`resource`] and [`fingerprint`] (what makes them the same), [`archives`] and [`index`] (built once, found again),
//! [`manifest`] and [`tarball`] (what a Director takes), and [`build`], which tells the whole story.

pub mod archives;
pub mod blobs;
pub mod build;
pub mod changes;
pub mod checksum;
pub mod config;
pub mod contents;
pub mod directory;
pub mod events;
pub mod existing;
pub mod explain;
pub mod export;
pub mod finalize;
pub mod fingerprint;
pub mod generate;
pub mod glob;
pub mod index;
pub mod job;
pub mod known_digests;
pub mod license;
pub mod local;
pub mod manifest;
pub mod name;
pub mod package;
pub mod plain_file;
pub mod publish;
pub mod redigest;
pub mod resource;
mod spec;
pub mod tarball;
pub mod tera;
mod text;
pub mod vendor;
pub mod verify;
pub mod version;
