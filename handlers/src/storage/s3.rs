//! Stores invoices in an S3 bucket: one `PutObject` per invoice, with the permission `s3:PutObject`, without replacing
//! existing objects.
//!
//! Sources: [PutObject][put], [conditional writes][conditional].
//!
//! [put]: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
//! [conditional]: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html

use super::{InvoiceKey, InvoiceStore, NoStorage, Putting, Stored};
use crate::aws::{Service, ServiceRequest};

/// `if-none-match: *` refuses the write if the object exists.
const HEADERS: [(&str, &str); 2] = [("content-type", "application/pdf"), ("if-none-match", "*")];

/// A bucket.
pub struct S3 {
    bucket: String,
    service: Service,
}

impl S3 {
    /// A bucket in the region of the environment.
    ///
    /// # Errors
    ///
    /// [`NoStorage`].
    pub async fn from_env(bucket: String) -> Result<Self, NoStorage> {
        if !is_bucket(&bucket) {
            return Err(NoStorage::BadBucket);
        }
        Ok(Self { bucket, service: Service::from_env("s3", "AWS_ENDPOINT_URL_S3").await? })
    }
}

impl InvoiceStore for S3 {
    fn put<'a>(&'a self, key: &'a InvoiceKey, bytes: &'a [u8]) -> Putting<'a> {
        let path = format!("/{}/{}", self.bucket, key.segments().map(|segment| encoded(&segment)).join("/"));
        Box::pin(async move {
            let request = ServiceRequest { method: "PUT", path: &path, headers: &HEADERS, body: bytes };
            let answer = self.service.send(&request).await?;
            match answer.status {
                200 => Ok(Stored::New),
                412 => Ok(Stored::Existing),
                _ => Err(self.service.refused(&answer.described())),
            }
        })
    }
}

/// Percent-encodes every byte except the unreserved ones of RFC 3986, as the signature requires.
fn encoded(segment: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let encode = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    segment.bytes().map(encode).collect()
}

/// Whether this is a valid bucket name. Source:
/// [naming rules](https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
fn is_bucket(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().last()];
    (3..=63).contains(&name.len())
        && name.bytes().all(|byte| is_letter(byte) || byte == b'-' || byte == b'.')
        && ends.into_iter().flatten().all(is_letter)
        && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::{encoded, is_bucket};

    #[test]
    fn err_what_is_not_the_name_of_a_bucket() {
        assert!(is_bucket("rental-invoices-bucket") && is_bucket("a.b.c"));
        for bad in ["", "ab", "a/b", "Bucket", "-ab", "ab-", "a..b", "bücket", &"a".repeat(64), "a b c", "a?b"] {
            assert!(!is_bucket(bad), "{bad}");
        }
    }

    #[test]
    fn a_name_is_percent_encoded() {
        assert_eq!(encoded("a b/ü~"), "a%20b%2F%C3%BC~");
    }
}
