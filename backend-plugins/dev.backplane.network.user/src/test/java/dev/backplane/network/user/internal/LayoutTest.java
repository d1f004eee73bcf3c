package dev.backplane.network.user.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Addresses as the VM file gives them. */
class LayoutTest {
    private static UserOptions options(String network, String gateway, String dns, String guest, String ipv6, int mtu) {
        return new UserOptions(
                network,
                Optional.ofNullable(gateway),
                Optional.ofNullable(dns),
                Optional.ofNullable(guest),
                true,
                true,
                ipv6,
                mtu,
                Optional.empty(),
                false,
                true,
                8,
                List.of());
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.2.0/24, 10.0.2.2, 10.0.2.3, 10.0.2.15",
        "192.168.64.0/20, 192.168.64.2, 192.168.64.3, 192.168.64.15",
        "10.0.0.8/29, 10.0.0.10, 10.0.0.11, 10.0.0.14",
    })
    void theRestFollowsFromTheNetwork(String network, String gateway, String dns, String guest) throws Exception {
        Link link = Layout.link(options(network, null, null, null, "fd00:1:2:3::/64", 1500));
        assertEquals(gateway, link.gateway4().toString());
        assertEquals(dns, link.dns4().toString());
        assertEquals(guest, link.guest4().toString());
        assertEquals("fd00:1:2:3:0:0:0:2", link.gateway6().toString());
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "10.0.2.1/24, -, -, -, fec0::/64, 1500, network",
                "10.0.2.0, -, -, -, fec0::/64, 1500, network",
                "10.0.2.0/30, -, -, -, fec0::/64, 1500, network",
                "10.0.2.0/x, -, -, -, fec0::/64, 1500, network",
                "example.org/24, -, -, -, fec0::/64, 1500, network",
                "fec0::/24, -, -, -, fec0::/64, 1500, network",
                "10.0.2.0/24, 10.0.3.2, -, -, fec0::/64, 1500, gateway",
                "10.0.2.0/24, 10.0.2.255, -, -, fec0::/64, 1500, gateway",
                "10.0.2.0/24, -, fec0::3, -, fec0::/64, 1500, dns",
                "10.0.2.0/24, -, 10.0.2.2, -, fec0::/64, 1500, gateway",
                "10.0.2.0/24, -, -, 10.0.2.3, fec0::/64, 1500, gateway",
                "10.0.2.0/24, -, -, -, fec0::1/64, 1500, ipv6Network",
                "10.0.2.0/24, -, -, -, fec0::/48, 1500, ipv6Network",
                "10.0.2.0/24, -, -, -, fe80::/64, 1500, ipv6Network",
                "10.0.2.0/24, -, -, -, ff00::/64, 1500, ipv6Network",
                "10.0.2.0/24, -, -, -, ::/64, 1500, ipv6Network",
                "10.0.2.0/24, -, -, -, fec0::/64, 1279, mtu",
            })
    void whatMakesNoSenseIsNamed(
            String network, String gateway, String dns, String guest, String ipv6, int mtu, String option) {
        String message = assertThrows(
                        ConfigurationException.class,
                        () -> Layout.link(options(network, gateway, dns, guest, ipv6, mtu)))
                .getMessage();
        assertTrue(message.startsWith(option), message);
        assertTrue(message.contains("expected"), message);
    }

    @Test
    void forwardsLeadToTheGuestOnly() throws Exception {
        UserOptions plain = Rig.options();
        Link link = Layout.link(plain);
        for (String guest : new String[] {"10.0.2.2", "192.0.2.1", "127.0.0.1", "10.0.2.255"}) {
            UserOptions bad = Rig.options(
                    false,
                    true,
                    1500,
                    List.of(new ForwardOptions(Forward.Protocol.TCP, "127.0.0.1", 1, Optional.of(guest), 1)));
            assertTrue(assertThrows(ConfigurationException.class, () -> Layout.forwards(bad, link))
                    .getMessage()
                    .startsWith("forward[0].guest: " + guest));
        }
        ForwardOptions one = new ForwardOptions(Forward.Protocol.UDP, "::1", 9, Optional.of("fec0::99"), 1);
        UserOptions twice = Rig.options(false, true, 1500, List.of(one, one));
        assertTrue(assertThrows(ConfigurationException.class, () -> Layout.forwards(twice, link))
                .getMessage()
                .startsWith("forward[1]: udp 0:0:0:0:0:0:0:1 port 9 is forwarded already"));
    }
}
