package dev.backplane.protocol.nbd.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.nbd.NbdExport;
import dev.backplane.nbd.NbdServer;
import dev.backplane.nbd.NbdServerOptions;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** With a server of ours, of which each disk has its own. */
class NbdContractTest extends StorageContract<NbdOptions, NbdState> {
    @TempDir
    Path folder = Path.of("");

    private final List<NbdServer> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(NbdServer::close);
    }

    @Override
    protected StorageOpener<NbdOptions, NbdState> opener() {
        return new NbdProtocol();
    }

    @Override
    protected NbdOptions options(TestMachine machine) throws Exception {
        Path socket = folder.resolve("s" + servers.size());
        servers.add(NbdServer.start(
                new NbdServerOptions(UnixDomainSocketAddress.of(socket)),
                List.of(new NbdExport("", "", new MemoryStorage(), false, true))));
        return Options.of(socket);
    }
}
