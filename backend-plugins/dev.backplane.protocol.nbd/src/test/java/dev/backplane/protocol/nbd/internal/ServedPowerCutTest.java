package dev.backplane.protocol.nbd.internal;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.nbd.NbdExport;
import dev.backplane.nbd.NbdServer;
import dev.backplane.nbd.NbdServerOptions;
import dev.backplane.storage.qcow2.internal.QcowFormat;
import dev.backplane.storage.qcow2.internal.QcowOptions;
import dev.backplane.storage.qcow2.internal.QcowState;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.PowerCutContract;
import dev.backplane.testkit.image.Qemu;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The power is cut at a server, while its client has several writes on their way. */
class ServedPowerCutTest extends PowerCutContract<QcowOptions, QcowState> {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int CAPACITY = 3_000_320;

    @TempDir
    Path folder = Path.of("");

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        open.clear();
    }

    @Override
    protected StorageOpener<QcowOptions, QcowState> opener() {
        return new QcowFormat();
    }

    @Override
    protected int writesAtOnce() {
        return 4;
    }

    @Override
    protected Start<QcowOptions> start(Random random) throws Exception {
        Path image = folder.resolve("made.qcow2");
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-o", "cluster_size=4096", image, CAPACITY);
        return new Start<>(
                new QcowOptions(IMAGE, Optional.empty()), Map.of(IMAGE, Files.readAllBytes(image)), new byte[CAPACITY]);
    }

    @Override
    protected Storage between(Storage layer) throws Exception {
        stop();
        Path socket = folder.resolve("socket");
        NbdServer server = NbdServer.start(
                new NbdServerOptions(UnixDomainSocketAddress.of(socket)),
                List.of(new NbdExport("", "", layer, false, true)));
        var client = StorageBench.plug(new NbdProtocol(), Options.of(socket), new TestMachine());
        open.add(client);
        open.add(server);
        return client.layer();
    }

    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) throws Exception {
        Path image = Files.write(folder.resolve("cut.qcow2"), Objects.requireNonNull(left.get(IMAGE)));
        Qemu.checkIntact("qcow2", image, when);
    }
}
