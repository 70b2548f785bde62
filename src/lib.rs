//! Build, sign and verify BOSH releases; render their job templates without Ruby.
//!
//! The binary `bosh-release` is a few lines over this library: [`cli`] turns arguments into calls of [`release`], and prints.
//!
//! # The flow
//!
//! ```text
//! create-release   ReleaseDirectory > sync blobs > files of each job and package > fingerprints
//!                  > known to an index, or packed > ReleaseManifest > tarball > signatures
//! verify-release   tarball > signatures, digests, fingerprints of what is really in it
//! compile-templates  text > Tera's tree > ours > Ruby > ERB, line by line
//! render-template  text > erb::Program > ruby's Program > evaluated with an InstanceSpec, within limits > bytes
//! interpolate      text > document > operations > definitions of variables > placeholders > YAML
//! render           manifests > DeploymentManifest > DeploymentPlan (with the releases) > LinkIntents > Links
//!                  > for each instance and job an InstanceSpec > files of an agent
//! links            the same up to LinkIntents > what becomes of each consumer > LinkReport > table, ops file; Graph > SVG
//! diff             two of these > the second planned with what a Director remembers of the first > Comparison
//! test             test files > subjects with the release's specs > rendered > judged > report, coverage
//! ```
//!
//! Line by line these are [`release::build`], [`release::verify`], [`tera::compile`](tera::compile()), [`render::template`],
//! [`deployment::interpolate()`], [`local::deployment`], [`mod@links::explain`], [`compare`], [`testing`] and [`suite`].
//!
//! # Which file becomes which type
//!
//! | file | type | in |
//! |---|---|---|
//! | `config/final.yml`, `config/private.yml` | `FinalConfig` | [`release::config`] |
//! | `config/bosh-release.yml` | `ToolConfig` | [`release::config`] |
//! | `config/blobs.yml` | `BlobsIndex` | [`release::blobs`] |
//! | `jobs/NAME/` | `Job` | [`release::job`] |
//! | `packages/NAME/` | `Package` | [`release::package`] |
//! | `LICENSE*`, `NOTICE*` | `Resource` | [`release::license`] |
//! | `.dev_builds/`, `.final_builds/` | `BuildsIndex` | [`release::index`] |
//! | `releases/NAME/index.yml` | `ReleasesIndex` | [`release::index`] |
//! | `releases/NAME/NAME-VERSION.yml`, `release.MF` | `ReleaseManifest` | [`release::manifest`] |
//! | `NAME-VERSION.tgz` | `ReleaseTarball` | [`release::tarball`] |
//! | `config/allowed_signers` | `AllowedSigners` | [`signing`] |
//! | a deployment manifest | `InterpolatedManifest` | [`deployment`] |
//! | a deployment manifest after that | `DeploymentManifest`, `DeploymentPlan` | [`deployment::manifest`], [`deployment::plan`] |
//! | a cloud-config | `CloudConfig` | [`deployment::cloud_config`] |
//! | a file for `--state` | `RecordedState` | [`deployment::state`] |
//! | `tests/templates/JOB/*.yml` | `TestFile` | [`mod@suite`] |
//! | an ops file | `OperationsFile` | [`deployment`] |
//! | a file of variables, `--vars-store` | `Variables`, `StoreFile` | [`deployment::variables`], [`variables`] |
//!
//! # Modules in reading order
//!
//! - [`source`] and [`diagnostic`]: a text of the user, and what is wrong in it. [`nearest`]: what was probably meant.
//! - [`yaml`] and [`digest`]: as the official CLI reads, writes and prints them. [`archive`]: tar and gzip, the same bytes
//!   everywhere; reading what strangers made.
//! - [`blobstore`], [`upstream`], [`git`]: the world around a release. [`signing`]: SSH signatures. [`release`]: all that is
//!   BOSH's own about releases.
//! - [`ruby`], [`erb`] and [`render`]: the Ruby of templates, the program of a template, and what BOSH adds to it.
//!   [`mod@tera`]: templates in Tera, compiled to ERB.
//! - [`deployment`] and [`variables`]: a manifest with operations and variables, the secrets that it asks for, the plan of it.
//!   [`dns`] and [`links`]: names, and what jobs tell each other. [`compare`]: what differs between two deployments or releases.
//! - [`suite`]: tests of templates as data; [`testing`]: the same for tests in Rust.
//! - [`local`]: work on this machine with what the pure middle computes. [`cli`]: the only place that knows arguments,
//!   terminal, environment, clock and exit codes.
//!
//! `docs/architecture.md` says what may import what, and why; `docs/compatibility.md` where we differ from the official CLI.

pub mod archive;
pub mod blobstore;
pub mod cli;
pub mod compare;
pub mod deployment;
pub mod diagnostic;
pub mod digest;
pub mod dns;
pub mod erb;
pub mod git;
pub mod links;
pub mod local;
pub mod nearest;
pub mod release;
pub mod render;
pub mod ruby;
pub mod signing;
pub mod source;
pub mod suite;
pub mod tera;
pub mod testing;
pub mod upstream;
pub mod variables;
pub mod yaml;
