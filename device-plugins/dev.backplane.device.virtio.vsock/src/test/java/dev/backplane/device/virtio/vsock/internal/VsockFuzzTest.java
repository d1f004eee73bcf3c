package dev.backplane.device.virtio.vsock.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.virtio.HostileDriver;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. */
class VsockFuzzTest {
    @TempDir
    static Path folder;

    /** A program of the host's serves port 7, and accepts as many as wait. */
    @FuzzTest(maxDuration = "60s")
    void noDriverBreaksIt(byte[] script) throws IOException {
        VsockOptions options = VsockTest.options(folder);
        Path served = Path.of(options.path() + "_7");
        try (var bench = DeviceBench.plug(VsockTest.newFactory(), options);
                var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                        .bind(UnixDomainSocketAddress.of(served))) {
            server.configureBlocking(false);
            HostileDriver.drive(bench, 1 << VsockLayout.F_STREAM, script);
            server.accept();
        }
        Files.delete(served);
    }
}
