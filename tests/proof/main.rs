//! Proof that the rendered Terraform grants exactly what a spec says: an evaluator of IAM policies and a reader of HCL,
//! both written without the generator's code, hold its output against the spec for random specs and for the two real
//! ones. Broken output is put in on purpose too, so that the proof is known to see it.

mod audit;
mod condition;
mod environments;
mod evaluation;
mod evaluator;
mod evaluator_examples;
mod expression;
mod glob;
mod grants;
mod inclusion;
mod limits;
mod module;
mod module_examples;
mod mutants;
mod probes;
mod proof;
mod real;
mod regions;
mod roles;
mod rotations;
mod second_opinions;
mod shares;
mod specs;
mod versions;
