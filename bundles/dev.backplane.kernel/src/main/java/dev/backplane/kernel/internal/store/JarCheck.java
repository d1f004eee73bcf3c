package dev.backplane.kernel.internal.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/** Looks into a jar before the framework does: what is half copied, damaged or no bundle stays outside. */
final class JarCheck {
    /** Bounds what a crafted archive makes us unpack. */
    private static final long MAX_UNPACKED = 1L << 30;

    private JarCheck() {}

    /** A jar that stays outside; the message says why and what to do. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /** Reads all of a jar: every entry, every checksum, the manifest. */
    static PluginJar check(Path file) throws Refused {
        String name = String.valueOf(file.getFileName());
        try (JarFile jar = new JarFile(file.toFile())) {
            readAll(jar);
            if (jar.getManifest() == null) {
                throw new Refused("it has no manifest: it is a plain jar, not a plugin; build it with bnd");
            }
            Attributes manifest = jar.getManifest().getMainAttributes();
            String symbolicName = manifest.getValue(Constants.BUNDLE_SYMBOLICNAME);
            if (symbolicName == null) {
                throw new Refused(
                        "its manifest has no Bundle-SymbolicName: it is a plain jar, not a plugin; build it with bnd");
            }
            String ownName = symbolicName.split(";")[0].strip();
            if (!ownName.matches("[A-Za-z0-9_.-]+") || name.chars().anyMatch(Character::isISOControl)) {
                throw new Refused("its name or its Bundle-SymbolicName \"%s\" has characters that no plugin's has"
                        .formatted(ownName));
            }
            return new PluginJar(
                    name,
                    ownName,
                    version(manifest.getValue(Constants.BUNDLE_VERSION)),
                    hash(file),
                    Optional.ofNullable(manifest.getValue(Constants.PROVIDE_CAPABILITY)));
        } catch (IOException | SecurityException e) {
            throw new Refused("it is damaged, or not wholly copied yet (" + e.getMessage()
                    + "); copy it under another name and rename it when it is complete");
        }
    }

    private static Version version(String text) throws Refused {
        try {
            return Version.parseVersion(text);
        } catch (IllegalArgumentException e) {
            throw new Refused("its Bundle-Version \"" + text + "\" is no version: expected for instance 1.2.0");
        }
    }

    private static void readAll(JarFile jar) throws IOException, Refused {
        byte[] buffer = new byte[1 << 16];
        long unpacked = 0;
        for (JarEntry entry : jar.stream().toList()) {
            CRC32 sum = new CRC32();
            try (InputStream in = jar.getInputStream(entry)) {
                int count;
                while ((count = in.read(buffer)) >= 0) {
                    sum.update(buffer, 0, count);
                    unpacked += count;
                    if (unpacked > MAX_UNPACKED) {
                        throw new Refused("it unpacks to more than %,d bytes: it is no plugin".formatted(MAX_UNPACKED));
                    }
                }
            }
            // The JDK does not compare it where an archive is read through its directory.
            if (entry.getCrc() != sum.getValue()) {
                throw new IOException("the checksum of " + entry.getName() + " is wrong");
            }
        }
    }

    static String hash(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
