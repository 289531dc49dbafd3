//! Everything here drives the `jcw` binary, as a person or cron would. A file
//! is a promise of the design or a client that must be able to read what we
//! write; a test is named as what it promises.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise, and says what it skipped and counted"
)]

// What the harness gives to all of them.
mod harness;

// Wrong project files: every problem at once, with its place and a hint.
mod check;
// The real files of the three partners, against the figures their publishers print.
mod real_files;
// The demo that a newcomer runs first.
mod demo;
// Models tested on made-up rows, without a lake.
mod unit_tests;
// What partners really send: bytes, shapes and deliveries that are not as agreed.
mod bad_inputs;
// Received = accepted + rejected + duplicate, whatever is delivered when.
mod rows;
// Several tables as one delivery, in any order.
mod deliveries;
// XML that means harm.
mod hostile;
// A made-up Southend: what is planted is what is found, in every shape.
mod made_up;
// Its figures are the truth that it kept, exactly, in every breakdown.
mod made_up_figures;
// Nothing outside the vault names anybody, under any key.
mod identity;
// A key takes the place of another, whatever happens meanwhile.
mod rotation;
// How long the vault keeps what it received.
mod retention;
// A run again does nothing; a killed run is finished by the next.
mod again;
// One release at a time: publishing, going back, reading as at.
mod releases;
// Which sources are due, across clock changes and restarts.
mod schedule;
// Files over http.
mod http;
// Other software reads the tables.
mod delta_readers;
// Real clients, and the page that says what they get.
mod clients;
// Flight SQL, by the drivers that people have.
mod flight;
// One answer at every door, to whatever is asked there.
mod doors;
// What those who see some rows try, to see others.
mod attacks;
// What is measured: counted from rows, explained, kept by release.
mod metrics;
// What the commands say and how they exit.
mod commands;
// What must come is waited for, and nothing is of speed.
mod wait;
// A server that tests can stop and kill.
mod server;
// The certificates that it may have.
mod certificates;

// No question takes more of a server than its role may, and a server that is told
// to stop lets answers end.
mod limits;
// Clients of all manners at once, and whether they did harm.
mod storm;
// How many may be connected, and for how long without a word.
mod visits;
// Who asked what is kept, and whoever changes it is found out.
mod audit;
// A role sees its tables, rows and columns, and learns of nothing else.
mod governed;
// Whatever speaks the Postgres wire.
mod postgres;
// What it tells of tables, in Postgres' own words.
mod postgres_catalogue;
// How its connections begin and end.
mod postgres_life;
mod postgres_tools;
// Who gets an answer: passwords, tokens, certificates, identity providers.
mod logins;
// The HTTP door.
mod web;
// What it tells of itself, and to browsers.
mod health;
// What is wrong with a question is said alike at every door.
mod wrong_questions;
// Certificates at the doors.
mod encrypted;
// Delta Sharing: tables leave whole, to whom they may.
mod sharing;
