//! Generates the JavaScript around the app's WebAssembly: `csuite-bindgen MODULE NAME FOLDER` writes `NAME.js` and
//! `NAME_bg.wasm` into the folder, as `wasm-bindgen --target=web --no-typescript` does.

#![allow(clippy::print_stderr)]

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, name, folder] = arguments.as_slice() else {
        eprintln!("usage: csuite-bindgen MODULE NAME FOLDER");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(false);
    match bindgen.web(true).and_then(|bindgen| bindgen.generate(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("csuite-bindgen: {error:?}");
            ExitCode::FAILURE
        }
    }
}
