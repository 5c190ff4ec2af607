"""A basket: lines of goods in, an amount to pay out. All amounts are whole cents."""

DISCOUNT_FROM = 10000
DISCOUNT_PERCENT = 10
FREE_SHIPPING_FROM = 5000
SHIPPING = 490


class Basket:
    """What a customer is about to buy."""

    def __init__(self):
        self.lines = []

    def add(self, name, price, count=1):
        """Put goods into the basket; a count below one is an error."""
        if count < 1:
            raise ValueError("count must be at least 1")
        self.lines.append((name, price, count))

    def goods(self):
        """What the goods cost together."""
        return sum(price * count for _, price, count in self.lines)

    def discount(self):
        """What a large order saves."""
        if self.goods() > DISCOUNT_FROM:
            return self.goods() * DISCOUNT_PERCENT // 100
        return 0

    def shipping(self):
        """What the parcel costs; an empty basket ships nothing."""
        if not self.lines or self.goods() >= FREE_SHIPPING_FROM:
            return 0
        return SHIPPING

    def total(self):
        """What the customer pays."""
        return self.goods() - self.discount() + self.shipping()
