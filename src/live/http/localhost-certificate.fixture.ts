/**
 * A key and a self-signed certificate for localhost and 127.0.0.1, for tests only: everybody has this key. Made by
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost
 * -addext subjectAltName=DNS:localhost,IP:127.0.0.1`.
 */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUfO6yMcs4AsGq+IHXT2nMLJFEjNYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE5NDQzOVoYDzIxMjYxMDI4
MTk0NDM5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATPFQqU0is67Z0cGrvs89ObVmR9+EDgEdZcmY5OM/u0aiZUAjVq4QoT
RUHplLMpplUz+pm6z1VprNfGTHLBv42Eo28wbTAdBgNVHQ4EFgQUJ+lol5Ps48lD
l2S21tGJsips9XwwHwYDVR0jBBgwFoAUJ+lol5Ps48lDl2S21tGJsips9XwwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhALZ/gA5tT/eTXbdmPwtyAeAo4N7XlA52F+xysnFJw/z0AiAF
qX2go8O3VVss6u7hnAAK+/5ZJYarixrUUn0rpCid0g==
-----END CERTIFICATE-----
`

export const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJME6PT9wVWeOuS/3
VTMJVeUUq+H/fRNKOFhWnu3GQSehRANCAATPFQqU0is67Z0cGrvs89ObVmR9+EDg
EdZcmY5OM/u0aiZUAjVq4QoTRUHplLMpplUz+pm6z1VprNfGTHLBv42E
-----END PRIVATE KEY-----
`
