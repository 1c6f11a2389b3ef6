//! The functions as Lambda invokes them: their programs, started with Lambda's environment, take events from its runtime API
//! on loopback. Secrets Manager is the embedded one, which holds each function to its grants, and Google plays on loopback.
//!
//! All that the programs print at TRACE is searched for every secret that was used.

mod app;
mod bodies;
mod concurrent;
mod documents;
mod events;
mod example;
mod fetch;
mod google;
mod hostile;
mod ingest;
mod lines;
mod scheduled;
mod sessions;
mod siblings;
mod store;
mod together;
mod world;
