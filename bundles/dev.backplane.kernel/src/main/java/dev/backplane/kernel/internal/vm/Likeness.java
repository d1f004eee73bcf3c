package dev.backplane.kernel.internal.vm;

import dev.backplane.api.machine.BootSource;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.VmFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** What must be the same for two runs of a machine to be the same, by names that people understand. */
final class Likeness {
    private static final int CHUNK = 1 << 16;

    private Likeness() {}

    /**
     * What the guest can see of a machine. Its CPU backend is not among that: on virtual time all of them do the same, and a
     * recording of one is the proof of another.
     *
     * @throws IOException when a file that it boots cannot be read
     */
    static Map<String, String> of(VmFile file, Wiring.Bill bill) throws IOException {
        Map<String, String> likeness = new TreeMap<>();
        file.shown().forEach((key, text) -> likeness.put("VM file, " + key, text));
        // By what they come to: a default may have changed.
        likeness.remove("VM file, cpu");
        likeness.put("CPU model", file.cpuModel());
        likeness.put("vCPUs", Integer.toString(file.cpus()));
        likeness.put("bytes of memory", Long.toString(file.memoryBytes()));
        likeness.put("plugin of the board", bill.machine().plugin());
        file.devices().forEach(device -> plugin(likeness, device, bill));
        boot(likeness, file.boot());
        return likeness;
    }

    private static void plugin(Map<String, String> likeness, PartSpec part, Wiring.Bill bill) {
        Offer offer = bill.offers().get(part.id());
        likeness.put("plugin of " + part.id(), offer.plugin());
    }

    private static void boot(Map<String, String> likeness, BootSource boot) throws IOException {
        likeness.put("kernel", checksum(boot.kernel()));
        if (boot.initrd().isPresent()) {
            likeness.put("initrd", checksum(boot.initrd().get()));
        }
        int number = 0;
        for (BootSource.Module module : boot.modules()) {
            likeness.put("boot module " + number++, checksum(module.file()) + " " + module.arguments());
        }
    }

    /** A file that is not there is the loader's to complain about. */
    private static String checksum(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return "no file";
        }
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] chunk = new byte[CHUNK];
            int count;
            while ((count = in.read(chunk)) > 0) {
                digest.update(chunk, 0, count);
            }
            return "SHA-256 " + HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
