//! Pictures of what is in view, as PNG.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use super::command::Picture;

/// Writes a picture to `file`, taking the place of what was there.
pub(super) fn write(picture: &Picture, file: &Path) -> Result<(), String> {
    let out = BufWriter::new(File::create(file).map_err(|e| e.to_string())?);
    let mut encoder = png::Encoder::new(out, picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|e| e.to_string())?;
    writer
        .write_image_data(&picture.rgba)
        .and_then(|()| writer.finish())
        .map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    #[test]
    fn a_picture_is_read_back_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("p.png");
        let rgba: Vec<u8> = (0..2 * 3 * 4).collect();
        let picture = Picture {
            width: 2,
            height: 3,
            rgba: rgba.clone().into(),
        };
        write(&picture, &file).unwrap();
        let decoder = png::Decoder::new(BufReader::new(File::open(&file).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut back = vec![0; rgba.len()];
        let info = reader.next_frame(&mut back).unwrap();
        assert_eq!((info.width, info.height, back), (2, 3, rgba));
        assert!(
            write(
                &Picture {
                    height: 9,
                    ..picture
                },
                &file
            )
            .is_err()
        );
    }
}
