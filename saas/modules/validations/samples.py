"""Documents of the demo: complete ones, sentence by sentence, and a slip that now and then gets into them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """A kind of document that people write here; ``slip`` is a line that should not be in it."""

    document_type: str
    titles: tuple[str, ...]
    rule_sets: tuple[str, ...]
    lines: tuple[str, ...]
    slip: str


SAMPLES = (
    Sample(
        "financial_promotion",
        ("Spring letter to investors", "Income fund leaflet", "ISA season mailing", "Website: growth portfolio"),
        ("fca_uk",),
        (
            "A steady home for your savings",
            "Our income fund invests in bonds and shares of established companies. It returned 5.2 % a year since 2019.",
            "Past performance is not a reliable guide to future results.",
            "Capital at risk: the value of investments can go down as well as up, and you may get back less than you put in.",
            "The yearly charge is 0.65 %. All charges are set out in the key information document.",
            "Held in an ISA, gains are tax-free. Tax treatment depends on individual circumstances and may change.",
            "Northwind LLP is authorised and regulated by the Financial Conduct Authority. Firm reference number 512345.",
            "Northwind LLP is registered in England and Wales.",
        ),
        "Act now: guaranteed returns for everybody who joins before the end of the month!",
    ),
    Sample(
        "privacy_notice",
        ("Privacy notice for customers", "Notice to applicants", "Privacy notice: newsletter"),
        ("gdpr_uk",),
        (
            "How we handle personal data",
            "Northwind LLP, registered in England and Wales, is the controller of your personal data.",
            "We use your data for the following purposes: to perform our contract with you and to answer your questions.",
            "The lawful basis is the performance of a contract, and our legitimate interests in keeping our services safe.",
            "We keep your data for six years after the contract has ended, and no longer than is necessary.",
            "You have the right of access, the right to rectification and erasure, the right to restrict our use, to object to"
            " it, and to receive your data in a portable form.",
            "Write to our data protection officer at dpo@northwind.example.",
            "You can complain to the Information Commissioner’s Office (ICO).",
            "Some data are stored outside the United Kingdom, under the International Data Transfer Agreement (IDTA).",
        ),
        "By using our site you agree to anything we may do with your data. Northwind Partners",
    ),
    Sample(
        "nda",
        ("NDA with Halden Robotics", "Mutual NDA: warehouse project", "NDA for contractors"),
        ("nda_uk",),
        (
            "Non-disclosure agreement",
            "This agreement is made between Northwind LLP, registered in England and Wales, and Halden Robotics Ltd.",
            "“Confidential Information” means all information that one party gives to the other for the permitted purpose.",
            "It may be used solely for the purpose of assessing a joint project.",
            "The duty does not hold for what is in the public domain, was already known, or is required by law to be disclosed.",
            "It lasts for a period of five years from the date of this agreement.",
            "On request each party shall return or destroy all documents and copies.",
            "This agreement is governed by the laws of England and Wales.",
            "Signed for both parties:",
        ),
        "The best in class partner keeps everything secret for ever.",
    ),
    Sample(
        "employment_contract",
        ("Contract: warehouse assistant", "Contract: accountant, Glasgow", "Offer letter: store manager"),
        ("hr_scottish", "gdpr_uk"),
        (
            "Contract of employment",
            "You are employed as an accountant. Your place of work is Glasgow.",
            "Your employment begins on 1 March 2027; there is no earlier continuous employment.",
            "Your salary is £34,500 a year, paid on the last working day of each month.",
            "Your normal hours are 37.5 hours a week, from Monday to Friday.",
            "You have 28 days of paid holiday a year, public holidays included.",
            "Either side may end the contract with four weeks’ notice in writing.",
            "Disciplinary rules and the grievance procedure stand in the staff handbook.",
            "Northwind LLP is the controller of your personal data and uses it for the purposes of employment, a legal obligation"
            " among them. Data are kept for six years. You have the rights of access, rectification, erasure, restriction and"
            " objection. Questions go to the data protection officer; complaints to the ICO.",
            "This contract is governed by the law of Scotland. Northwind LLP is registered in England and Wales.",
        ),
        "This contract is governed by the laws of England.",
    ),
    Sample(
        "tax_advice",
        ("Advice: sale of the depot", "Letter: research relief", "Year-end tax planning"),
        ("tax_uk",),
        (
            "Our advice on the tax year 2026/27",
            "It is based on the facts that you gave us on 4 November 2026 and holds for your particular circumstances alone.",
            "VAT applies at 20 %; your registration number is GB 123 4567 89.",
            "Your return to HMRC is due on 31 January 2028.",
            "Northwind LLP is registered in England and Wales.",
        ),
        "With this scheme you avoid paying tax altogether: it is HMRC approved.",
    ),
    Sample(
        "invoice",
        ("Invoice 2026-118", "Invoice 2026-131", "Invoice template"),
        ("tax_uk",),
        (
            "Invoice of 12 November 2026",
            "Advice on the sale of the depot: £1,200.00",
            "VAT at 20 %: £240.00",
            "VAT registration number GB 123 4567 89",
            "This invoice is payable within 30 days. It is based on the information given to us; HMRC may ask for more.",
            "Northwind LLP is registered in England and Wales.",
        ),
        "Guaranteed rebate if you pay in cash.",
    ),
)
