package dev.backplane.itests.outside;

import dev.backplane.itests.outside.KilledDisk.Format;
import dev.backplane.itests.outside.KilledDisk.Look;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The process is killed ({@code SIGKILL}) while clients write a disk of it: the image is sound, everything that was flushed is there, every
 * sector that was written since has one of its versions, and the next process may write it. {@code -Ditests.kills=N}.
 */
class KillIT {
    private static final int KILLS = Integer.getInteger("itests.kills", 20);

    private static final List<Format> FORMATS = List.of(
            new Format("raw", "raw", "", Look.NONE),
            new Format("qcow2", "qcow2", "", Look.CHECK),
            new Format("qcow2", "qcow2", "cluster_size=4096,lazy_refcounts=on", Look.CHECK),
            new Format("qcow2", "qcow2", "cluster_size=16384,extended_l2=on,refcount_bits=8", Look.CHECK),
            new Format("qcow2", "qcow2", "compat=0.10,cluster_size=8192", Look.CHECK),
            new Format("vmdk", "vmdk", "", Look.CHECK),
            new Format("vhd", "vpc", "force_size=on", Look.NONE),
            new Format("vhdx", "vhdx", "", Look.REPAIR),
            new Format("vdi", "vdi", "", Look.CHECK),
            new Format("parallels", "parallels", "", Look.REPAIR));

    @TempDir
    Path folder;

    @Test
    void whatWasFlushedIsThereAndTheImageIsSound() throws Exception {
        HostTool.require("qemu-img", "qemu-utils");
        long seed = Long.getLong("itests.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<Future<?>> lives = new ArrayList<>();
        // A process takes longer to start than to be killed.
        try (ExecutorService two = Executors.newFixedThreadPool(2)) {
            for (int i = 0; i < FORMATS.size(); i++) {
                Format format = FORMATS.get(i);
                int kills = (KILLS + i) / FORMATS.size();
                long own = random.nextLong();
                Path there = Files.createDirectory(folder.resolve("life" + i));
                lives.add(two.submit(() -> {
                    live(there, format, own, kills);
                    return null;
                }));
            }
            for (Future<?> each : lives) {
                each.get();
            }
        }
        System.out.printf("%d kills, nothing lost%n", KILLS);
    }

    private static void live(Path folder, Format format, long seed, int kills) throws Exception {
        KilledDisk disk = new KilledDisk(folder, format, seed);
        for (int i = 0; i < kills; i++) {
            disk.kill(i);
        }
        disk.end();
    }
}
