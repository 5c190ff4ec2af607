"""The rules of the README, one test each."""

import unittest

from shop.basket import Basket


def basket(*prices):
    filled = Basket()
    for number, price in enumerate(prices):
        filled.add("goods %d" % number, price)
    return filled


class BasketTest(unittest.TestCase):
    def test_an_empty_basket_costs_nothing(self):
        self.assertEqual(basket().total(), 0)

    def test_a_small_order_pays_shipping(self):
        self.assertEqual(basket(1000).total(), 1490)

    def test_fifty_ships_free(self):
        self.assertEqual(basket(2500, 2500).total(), 5000)

    def test_one_hundred_gets_ten_percent_off(self):
        self.assertEqual(basket(6000, 4000).total(), 9000)

    def test_a_count_below_one_is_refused(self):
        with self.assertRaises(ValueError):
            Basket().add("nothing", 100, 0)


if __name__ == "__main__":
    unittest.main()
