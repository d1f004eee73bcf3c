package dev.backplane.network.user.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which name server of the host is asked (resolv.conf(5)). */
class ResolverTest {
    @TempDir
    Path folder = Path.of("");

    private long now;

    private Resolver resolver(String configuration) throws IOException {
        Path file = Files.writeString(folder.resolve("resolv.conf"), configuration);
        return new Resolver(Optional.empty(), file, () -> now);
    }

    @ParameterizedTest
    @CsvSource({
        "'nameserver 192.0.2.53', 192.0.2.53",
        "'# nameserver 1.1.1.1\n  nameserver\t192.0.2.53  # ours\nnameserver 192.0.2.54', 192.0.2.53",
        "'search example.org\nnameserver fe80::1%eth0\nnameserver 2001:db8::53\n', 2001:db8:0:0:0:0:0:53",
        "'nameserver 127.0.0.53', 127.0.0.53",
    })
    void theFirstThatCanBeAskedIs(String configuration, String expected) throws IOException {
        assertEquals(expected, String.valueOf(resolver(configuration).server()));
    }

    @ParameterizedTest
    @CsvSource({"''", "'nameserver'", "'nameserver example.org'", "'nameservers 192.0.2.53'"})
    void whereThereIsNoneNothingIsAsked(String configuration) throws IOException {
        assertNull(resolver(configuration).server());
    }

    @Test
    void theConfigurationIsReadAgainWhenItIsOld() throws IOException {
        Resolver resolver = resolver("nameserver 192.0.2.1");
        assertEquals("192.0.2.1", String.valueOf(resolver.server()));
        resolver("nameserver 192.0.2.2");
        assertEquals("192.0.2.1", String.valueOf(resolver.server()));
        now += 6_000_000_000L;
        assertEquals("192.0.2.2", String.valueOf(resolver.server()));
        Files.delete(folder.resolve("resolv.conf"));
        now += 6_000_000_000L;
        assertNull(resolver.server());
    }

    @Test
    void theNameServersAddressLeadsToItAtItsPortOnly() throws Exception {
        Link link = Layout.link(Rig.options());
        Outside outside = new Outside(link, resolver("nameserver 192.0.2.1"));
        assertEquals(new InetSocketAddress("192.0.2.1", 53), outside.find(Address.parse("10.0.2.3"), 53));
        assertEquals(new InetSocketAddress("192.0.2.1", 53), outside.find(Address.parse("fec0::3"), 53));
        assertNull(outside.find(Address.parse("10.0.2.3"), 80));
        assertEquals(new InetSocketAddress("127.0.0.1", 53), outside.find(Address.parse("10.0.2.2"), 53));
        assertEquals(new InetSocketAddress("198.51.100.7", 80), outside.find(Address.parse("198.51.100.7"), 80));
    }
}
