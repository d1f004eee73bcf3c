package dev.backplane.nbd.wire;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A folder with certificates, as QEMU and nbdkit have it: {@code ca-cert.pem} says whom to trust, {@code server-cert.pem} and {@code
 * server-key.pem} are a server's own, {@code client-cert.pem} and {@code client-key.pem} a client's, which it may lack. TLS 1.3 only.
 */
public final class TlsFolder {
    private static final String[] PROTOCOLS = {"TLSv1.3"};
    private static final char[] NO_PASSWORD = new char[0];
    /** No certificate or key is longer; a file that is was named by mistake. */
    private static final long MOST_BYTES = 1 << 20;

    // PKCS #8 around a key in PKCS #1 (RFC 5208, RFC 8017): version 0 and the algorithm rsaEncryption.
    private static final byte[] RSA_ALGORITHM = {
        2, 1, 0, 0x30, 0x0d, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
    };

    private final SSLContext context;

    private TlsFolder(SSLContext context) {
        this.context = context;
    }

    /**
     * Reads a server's certificates.
     *
     * @param folder where they are
     * @return them
     * @throws IOException when one is missing or cannot be used; the message names it
     */
    public static TlsFolder ofServer(Path folder) throws IOException {
        return new TlsFolder(context(folder, "server", true));
    }

    /**
     * Reads a client's certificates.
     *
     * @param folder where they are
     * @return them
     * @throws IOException when one is missing or cannot be used; the message names it
     */
    public static TlsFolder ofClient(Path folder) throws IOException {
        return new TlsFolder(context(folder, "client", false));
    }

    /**
     * A server's end of a connection.
     *
     * @param verifyClient whether the client has to show a certificate that is trusted
     * @return the engine, new
     */
    public SSLEngine serverEngine(boolean verifyClient) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        engine.setNeedClientAuth(verifyClient);
        engine.setEnabledProtocols(PROTOCOLS);
        return engine;
    }

    /**
     * A client's end of a connection.
     *
     * @param server the name that the server's certificate has to have
     * @param port its port
     * @return the engine, new
     */
    public SSLEngine clientEngine(String server, int port) {
        SSLEngine engine = context.createSSLEngine(server, port);
        engine.setUseClientMode(true);
        engine.setEnabledProtocols(PROTOCOLS);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        return engine;
    }

    private static SSLContext context(Path folder, String who, boolean needsOwn) throws IOException {
        Path authority = folder.resolve("ca-cert.pem");
        Path certificate = folder.resolve(who + "-cert.pem");
        Path key = folder.resolve(who + "-key.pem");
        try {
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store(certificates(authority)));
            KeyManager @Nullable [] keys = null;
            if (needsOwn || Files.exists(certificate) || Files.exists(key)) {
                KeyStore own = store(certificates(authority));
                own.setKeyEntry(
                        "own", key(key), NO_PASSWORD, certificates(certificate).toArray(Certificate[]::new));
                KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                factory.init(own, NO_PASSWORD);
                keys = factory.getKeyManagers();
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, quiet(trust.getTrustManagers()), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(folder + ": the certificates cannot be used: " + e.getMessage(), e);
        }
    }

    private static TrustManager[] quiet(TrustManager[] managers) {
        return Arrays.stream(managers)
                .map(each -> each instanceof X509ExtendedTrustManager judge ? new QuietTrust(judge) : each)
                .toArray(TrustManager[]::new);
    }

    private static KeyStore store(Collection<? extends Certificate> trusted)
            throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        int number = 0;
        for (Certificate each : trusted) {
            store.setCertificateEntry("ca" + number++, each);
        }
        return store;
    }

    private static byte[] read(Path file) throws IOException {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new IOException("%s: %d bytes: expected a PEM file".formatted(file, Files.size(file)));
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new IOException(file + " does not exist: TLS needs it", e);
        }
    }

    private static Collection<? extends Certificate> certificates(Path file) throws IOException {
        try {
            Collection<? extends Certificate> found =
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(read(file)));
            if (found.isEmpty()) {
                throw new IOException(file + " has no certificate: expected one in PEM");
            }
            return found;
        } catch (GeneralSecurityException e) {
            throw new IOException(file + ": expected a certificate in PEM: " + e.getMessage(), e);
        }
    }

    private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
        String text = new String(read(file), StandardCharsets.US_ASCII);
        byte[] encoded = block(text, "PRIVATE KEY");
        if (encoded == null) {
            byte[] rsa = block(text, "RSA PRIVATE KEY");
            if (rsa == null) {
                throw new IOException(
                        file + " has no \"BEGIN PRIVATE KEY\": convert it with openssl pkcs8 -topk8 -nocrypt");
            }
            encoded = sequence(0x30, RSA_ALGORITHM, sequence(4, rsa));
        }
        for (String algorithm : new String[] {"RSA", "EC", "EdDSA", "RSASSA-PSS"}) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            } catch (InvalidKeySpecException another) {
                // Of another kind: the next one may read it.
            }
        }
        throw new IOException(file + ": a key of an unknown kind: expected RSA, EC or EdDSA");
    }

    private static byte @Nullable [] block(String text, String label) throws IOException {
        String begin = "-----BEGIN " + label + "-----";
        int from = text.indexOf(begin);
        int to = text.indexOf("-----END " + label + "-----");
        if (from < 0 || to < from) {
            return null;
        }
        try {
            return Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
        } catch (IllegalArgumentException e) {
            throw new IOException("a key that is no PEM: " + e.getMessage(), e);
        }
    }

    /** A value of DER with its tag and length (X.690 8.1). */
    private static byte[] sequence(int tag, byte[]... parts) {
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            value.writeBytes(part);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(tag);
        int length = value.size();
        if (length < 0x80) {
            all.write(length);
        } else {
            int lengthBytes = (Integer.SIZE + 7 - Integer.numberOfLeadingZeros(length)) / 8;
            all.write(0x80 | lengthBytes);
            for (int shift = 8 * (lengthBytes - 1); shift >= 0; shift -= 8) {
                all.write(length >> shift);
            }
        }
        all.writeBytes(value.toByteArray());
        return all.toByteArray();
    }
}
