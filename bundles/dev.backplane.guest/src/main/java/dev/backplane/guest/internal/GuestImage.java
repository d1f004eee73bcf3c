package dev.backplane.guest.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** What is in the guest's initramfs: busybox, the scripts of this bundle's {@code image} folder, and nothing else. */
final class GuestImage {
    private static final String[] FOLDERS = {
        "bin", "dev", "etc", "libexec", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "usr/bin", "usr/sbin"
    };
    private static final String[] SCRIPTS = {
        "init", "libexec/command", "libexec/console", "libexec/relay", "libexec/window"
    };
    private static final String[] SETTINGS = {"etc/group", "etc/passwd", "etc/profile"};

    private GuestImage() {}

    /** The whole image; the other links to busybox are made by busybox itself, in {@code /init}. */
    static void write(byte[] busybox, OutputStream out) throws IOException {
        CpioWriter cpio = new CpioWriter(out);
        for (String folder : FOLDERS) {
            cpio.directory(folder, folder.equals("root") ? 0700 : 0755);
        }
        // The kernel opens the console for /init before anything is mounted.
        cpio.characterDevice("dev/console", 0600, 5, 1);
        cpio.characterDevice("dev/null", 0666, 1, 3);
        cpio.file("bin/busybox", 0755, busybox);
        cpio.symbolicLink("bin/sh", "busybox");
        scripts(cpio);
        for (String setting : SETTINGS) {
            cpio.file(setting, 0644, resource(setting));
        }
        cpio.finish();
    }

    /** What is put over an image, this one or a user's own, so that it runs one command. */
    static void writeCommand(String command, OutputStream out) throws IOException {
        CpioWriter cpio = new CpioWriter(out);
        cpio.directory("libexec", 0755);
        scripts(cpio);
        cpio.directory("etc", 0755);
        cpio.directory("etc/backplane", 0755);
        cpio.file("etc/backplane/command", 0755, (command + "\n").getBytes(StandardCharsets.UTF_8));
        cpio.finish();
    }

    /** Executable files that are put over an image, or are one. */
    static void writePrograms(Map<String, byte[]> files, OutputStream out) throws IOException {
        CpioWriter cpio = new CpioWriter(out);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            cpio.file(file.getKey(), 0755, file.getValue());
        }
        cpio.finish();
    }

    /** Changes when an image of the same busybox would come out differently. */
    static String recipe() throws IOException {
        try (OutputStream nowhere = OutputStream.nullOutputStream()) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            write(new byte[0], new DigestOutputStream(nowhere, digest));
            return HexFormat.of().formatHex(digest.digest(), 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static void scripts(CpioWriter cpio) throws IOException {
        for (String script : SCRIPTS) {
            cpio.file(script, 0755, resource(script));
        }
    }

    private static byte[] resource(String path) throws IOException {
        try (InputStream in = GuestImage.class.getResourceAsStream("/dev/backplane/guest/image/" + path)) {
            if (in == null) {
                throw new IOException("the bundle dev.backplane.guest lacks its file image/" + path);
            }
            return in.readAllBytes();
        }
    }
}
