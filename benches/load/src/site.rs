//! The size of the browser half's download.

use std::fs;

use crate::Outcome;
use crate::report::{Report, Row, Target as Goal};
use crate::world::World;

pub fn measure(world: &World, report: &mut Report) -> Outcome<()> {
    let mut sizes = [(".wasm.br", 0_u64), (".js.br", 0)];
    for entry in fs::read_dir(world.site.join("pkg"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        for (ending, size) in &mut sizes {
            if name.ends_with(*ending) {
                *size += entry.metadata()?.len();
            }
        }
    }
    let [wasm, js] = sizes.map(|(_, size)| size);
    if wasm == 0 || js == 0 {
        return Err("target/site/pkg has no compressed WebAssembly or JavaScript".into());
    }
    #[allow(clippy::cast_precision_loss)]
    let total = (wasm + js) as f64 / 1_000.0;
    let note = format!("WebAssembly {}, JavaScript {}, as brotli", wasm / 1_000, js / 1_000);
    report.add(
        Row::new("browser half over the wire".to_owned(), Goal::AtMost(250.0), total, "KB")
            .note(note),
    );
    Ok(())
}
