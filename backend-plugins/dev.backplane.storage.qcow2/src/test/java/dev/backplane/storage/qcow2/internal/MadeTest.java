package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.image.luks.LuksChoice;
import dev.backplane.image.luks.LuksHash;
import dev.backplane.storage.qcow2.internal.QcowCreation.Compression;
import dev.backplane.storage.qcow2.internal.QcowCreation.Preallocation;
import dev.backplane.testkit.image.JudgedContract;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Images that we make are read by QEMU's tools; those that QEMU makes with subclusters and a few more are written by us. */
class MadeTest extends JudgedContract<QcowOptions, QcowState> {
    @Override
    protected String qemuFormat() {
        return "qcow2";
    }

    @Override
    protected StorageOpener<QcowOptions, QcowState> opener() {
        return new QcowFormat();
    }

    @Override
    protected QcowOptions options(List<StorageRef> parts) {
        return new QcowOptions(IMAGE, Optional.empty());
    }

    @Override
    protected List<String> variants() {
        return List.of("extended_l2=on", "extended_l2=on,cluster_size=16k", "preallocation=metadata");
    }

    /** The defaults, with some of them changed. */
    static QcowCreation made(String compat, long clusterSize, int refcountBits, boolean extended, Preallocation how) {
        return new QcowCreation(
                compat,
                clusterSize,
                refcountBits,
                Compression.ZLIB,
                false,
                extended,
                how,
                Optional.empty(),
                false,
                Optional.empty(),
                LuksChoice.Cipher.AES_256,
                LuksHash.SHA256,
                Duration.ofSeconds(2));
    }

    @Override
    protected Map<String, Creation> creations() {
        Map<String, Creation> all = new LinkedHashMap<>();
        Map<String, QcowCreation> options = new LinkedHashMap<>();
        options.put("defaults", made("1.1", 65536, 16, false, Preallocation.OFF));
        options.put("version 2", made("0.10", 65536, 16, false, Preallocation.OFF));
        options.put("small clusters", made("1.1", 512, 16, false, Preallocation.OFF));
        options.put("large clusters", made("1.1", 2 << 20, 16, false, Preallocation.OFF));
        options.put("narrow refcounts", made("1.1", 4096, 1, false, Preallocation.OFF));
        options.put("wide refcounts", made("1.1", 1024, 64, false, Preallocation.OFF));
        options.put("subclusters", made("1.1", 32768, 16, true, Preallocation.OFF));
        options.put("tables", made("1.1", 65536, 16, false, Preallocation.METADATA));
        options.put("subclusters, tables", made("1.1", 16384, 16, true, Preallocation.METADATA));
        options.put("zeros", made("1.1", 4096, 16, false, Preallocation.FULL));
        options.forEach((name, each) -> all.put(name, target -> new QcowFormat().create(each, target)));
        return all;
    }
}
