fn main() {
    let text = itoa::Buffer::new().format(41).to_owned();
    println!("{:?}", memchr::memchr(b'1', text.as_bytes()));
}
