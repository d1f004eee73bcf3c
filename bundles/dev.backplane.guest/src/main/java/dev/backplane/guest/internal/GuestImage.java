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

/** What is in the guest's root file system: busybox, the scripts of this bundle's {@code image} folder, and nothing else. */
final class GuestImage {
    private static final String[] FOLDERS = {
        "bin",
        "dev",
        "etc",
        "lib",
        "lib/modules",
        "libexec",
        "mnt",
        "proc",
        "root",
        "run",
        "sbin",
        "sys",
        "tmp",
        "usr",
        "usr/bin",
        "usr/sbin",
        "var"
    };
    private static final String[] SCRIPTS = {
        "init",
        "libexec/command",
        "libexec/console",
        "libexec/init",
        "libexec/itself",
        "libexec/lease",
        "libexec/relay",
        "libexec/warm",
        "libexec/window"
    };
    private static final String[] SETTINGS = {"etc/group", "etc/passwd", "etc/profile"};

    private GuestImage() {}

    /**
     * The whole image as an initramfs.
     *
     * @param modules of the kernel, by file name: {@code /init} loads them in their order before it goes on from a disk
     */
    static void writeInitramfs(byte[] busybox, Map<String, byte[]> modules, OutputStream out) throws IOException {
        CpioWriter cpio = new CpioWriter(out);
        write(busybox, cpio);
        if (!modules.isEmpty()) {
            cpio.directory("modules", 0755);
            for (Map.Entry<String, byte[]> module : modules.entrySet()) {
                cpio.file("modules/" + module.getKey(), 0644, module.getValue());
            }
            String order = String.join("\n", modules.keySet()) + "\n";
            cpio.file("modules/order", 0644, order.getBytes(StandardCharsets.UTF_8));
        }
        cpio.finish();
    }

    /** The whole image; the other links to busybox are made by busybox itself, in {@code /libexec/init}. */
    static void write(byte[] busybox, TreeWriter tree) throws IOException {
        for (String folder : FOLDERS) {
            tree.directory(folder, folder.equals("root") ? 0700 : folder.equals("tmp") ? 01777 : 0755);
        }
        // The kernel opens the console for /init before anything is mounted.
        tree.characterDevice("dev/console", 0600, 5, 1);
        tree.characterDevice("dev/null", 0666, 1, 3);
        tree.file("bin/busybox", 0755, busybox);
        tree.symbolicLink("bin/sh", "busybox");
        tree.symbolicLink("sbin/init", "../libexec/init");
        scripts(tree);
        for (String setting : SETTINGS) {
            tree.file(setting, 0644, resource(setting));
        }
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
            writeInitramfs(new byte[0], Map.of(), new DigestOutputStream(nowhere, digest));
            return HexFormat.of().formatHex(digest.digest(), 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static void scripts(TreeWriter tree) throws IOException {
        for (String script : SCRIPTS) {
            tree.file(script, 0755, resource(script));
        }
        tree.file("libexec/reseed", 0755, Reseed.program());
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
