package dev.backplane.nbd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;

/** Makes a folder with an authority, a server's certificate for {@code localhost} and a client's, with the JDK's own tool. */
final class Certificates {
    private static final char[] PASSWORD = "secret".toCharArray();

    private Certificates() {}

    static Path make(Path folder) throws IOException, InterruptedException, GeneralSecurityException {
        Files.createDirectories(folder);
        Path store = folder.resolve("all.p12");
        generate(store, "ca", "bc:c", "");
        generate(store, "server", "san=dns:localhost,ip:127.0.0.1", "ca");
        generate(store, "client", "eku=clientAuth", "ca");
        KeyStore all = KeyStore.getInstance("PKCS12");
        try (InputStream stored = Files.newInputStream(store)) {
            all.load(stored, PASSWORD);
        }
        for (String name : new String[] {"ca", "server", "client"}) {
            Certificate certificate = all.getCertificate(name);
            write(folder.resolve(name + "-cert.pem"), "CERTIFICATE", certificate.getEncoded());
            write(
                    folder.resolve(name + "-key.pem"),
                    "PRIVATE KEY",
                    all.getKey(name, PASSWORD).getEncoded());
        }
        return folder;
    }

    /** The same, but that it trusts nobody but its own client. */
    static Path distrusting(Path folder, Path certificates) throws IOException {
        Files.createDirectories(folder);
        for (String name : new String[] {"client-cert.pem", "client-key.pem"}) {
            Files.copy(certificates.resolve(name), folder.resolve(name));
        }
        Files.copy(certificates.resolve("client-cert.pem"), folder.resolve("ca-cert.pem"));
        return folder;
    }

    private static void generate(Path store, String name, String extension, String signer)
            throws IOException, InterruptedException {
        Object[] command = {
            Path.of(System.getProperty("java.home"), "bin", "keytool"),
            "-genkeypair",
            "-alias",
            name,
            "-dname",
            "CN=" + name,
            "-keyalg",
            "RSA",
            "-keysize",
            "2048",
            "-validity",
            "2",
            "-keystore",
            store,
            "-storetype",
            "PKCS12",
            "-storepass",
            new String(PASSWORD),
            "-ext",
            extension
        };
        if (!signer.isEmpty()) {
            Object[] more = java.util.Arrays.copyOf(command, command.length + 2);
            more[command.length] = "-signer";
            more[command.length + 1] = signer;
            command = more;
        }
        Tools.must(command);
    }

    private static void write(Path file, String label, byte[] bytes) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        Files.writeString(
                file,
                "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(label, body, label),
                StandardCharsets.US_ASCII);
    }
}
