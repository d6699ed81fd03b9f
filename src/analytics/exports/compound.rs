//! Reads the stream of an Excel workbook in the format before 2007 (.xls). A compound file is a file system of sectors: a
//! table chains the sectors of each stream.

/// The largest number of a sector that is one.
const MOST_SECTOR: u32 = 0xffff_fffa;

/// Returns the workbook's stream. `None` if the file is damaged.
pub fn workbook_stream(content: &[u8]) -> Option<Vec<u8>> {
    let size = 1_usize
        .checked_shl(u32::from(u16_at(content, 30)?))
        .filter(|size| (512..=4096).contains(size))?;
    let table = sector_table(content, size)?;
    let directory = chain(content, &table, size, u32_at(content, 48)?)?;
    let stream_named = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        directory.chunks_exact(128).find(|entry| {
            // The reader takes a name to its first zero, whatever length the entry states.
            let units = entry[..64].chunks_exact(2).take_while(|unit| *unit != [0, 0]).count();
            entry[..units * 2].eq_ignore_ascii_case(&name)
        })
    };
    // The reader prefers the newer name, wherever it stands, and ignores case.
    let entry = stream_named("Workbook").or_else(|| stream_named("Book"))?;
    // Streams below this size are stored otherwise; no program writes a workbook that is so small.
    let bytes = u32_at(entry, 120)? as usize;
    let is_longer = size > 512 && u32_at(entry, 124)? > 0;
    if bytes < 4_096 || is_longer {
        return None;
    }
    let mut stream = chain(content, &table, size, u32_at(entry, 116)?)?;
    stream.truncate(bytes);
    Some(stream)
}

/// Returns the number of the sector that follows each one.
fn sector_table(content: &[u8], size: usize) -> Option<Vec<u32>> {
    let mut places: Vec<u32> =
        (0..109).map_while(|place| u32_at(content, 76 + 4 * place)).collect();
    let mut next = u32_at(content, 68)?;
    let most = content.len() / size + 1;
    for _ in 0..most {
        if next > MOST_SECTOR {
            break;
        }
        let more = sector(content, size, next)?;
        places.extend(
            more.chunks_exact(4).map(|it| u32::from_le_bytes([it[0], it[1], it[2], it[3]])),
        );
        next = places.pop()?;
    }
    let mut table = Vec::new();
    for place in places.into_iter().filter(|place| *place <= MOST_SECTOR).take(most) {
        let numbers = sector(content, size, place)?;
        table.extend(
            numbers.chunks_exact(4).map(|it| u32::from_le_bytes([it[0], it[1], it[2], it[3]])),
        );
    }
    Some(table)
}

/// Joins the sectors of a stream. A chain that is longer than the file is a circle.
fn chain(content: &[u8], table: &[u32], size: usize, first: u32) -> Option<Vec<u8>> {
    let (mut bytes, mut at) = (Vec::new(), first);
    while at <= MOST_SECTOR {
        if bytes.len() > content.len() {
            return None;
        }
        bytes.extend_from_slice(sector(content, size, at)?);
        at = *table.get(at as usize)?;
    }
    Some(bytes)
}

/// Returns a sector. The last one may be cut.
fn sector(content: &[u8], size: usize, number: u32) -> Option<&[u8]> {
    let start = (number as usize).checked_add(1)?.checked_mul(size)?;
    content.get(start..(start + size).min(content.len()))
}

pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
